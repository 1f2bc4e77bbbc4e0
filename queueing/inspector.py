"""The read side: what the console and the commands look at."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from queueing import monitoring
from queueing.domain.attention import Standing
from queueing.domain.failures import Deploy, FailureGroup
from queueing.domain.figures import Figures
from queueing.domain.job import ErrorInfo, JobRecord, JobSpec, JobSummary
from queueing.domain.limits import Limit, Scope
from queueing.domain.ports import Broker, JobStore, has
from queueing.domain.reading import (
    Health,
    JobFilter,
    Ladder,
    LaneCount,
    Minute,
    Page,
    QueueStatus,
    Rung,
    WorkerStatus,
)
from queueing.domain.schedules import KEPT, ScheduleStatus
from queueing.domain.states import JobState
from queueing.domain.waiting import Situation
from queueing.errors import StoreError

PAGE: Final = 50
LATELY: Final = timedelta(minutes=5)
"""Over which the pace of a queue is measured."""
AHEAD: Final = 1_000
"""Jobs in front of another are counted up to here."""


class Inspector:
    """Never changes anything. Every method is a bounded number of round trips, whatever the number of jobs."""

    def __init__(self, broker: Broker, store: JobStore) -> None:
        self._broker, self._store = broker, store

    async def job(self, job_id: str) -> JobRecord | None:
        return await self._store.get(job_id)

    async def page(
        self, wanted: JobFilter, *, cursor: str | None = None, limit: int = PAGE, look: int | None = None
    ) -> Page:
        return await self._store.page(wanted, cursor=cursor, limit=limit, look=look)

    async def samples(self, wanted: JobFilter, *, limit: int) -> list[tuple[JobSummary, JobSpec]]:
        """The newest jobs of a filter with what they were asked to do, as many as one answer may hold."""
        return await self._store.samples(wanted, limit=limit)

    async def ids(self, wanted: JobFilter, *, limit: int) -> tuple[list[str], bool]:
        """The oldest that match, and whether there are more."""
        found: list[str] = []
        after: str | None = None
        while True:
            ids, after = await self._store.ids(wanted, after=after, limit=limit - len(found))
            found += ids
            if after is None or len(found) >= limit:
                return found, after is not None

    async def ids_from(self, wanted: JobFilter, *, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Ids that match, oldest first, and the cursor to go on from (None: that was all)."""
        return await self._store.ids(wanted, after=after, limit=limit)

    async def summaries(self, ids: Sequence[str]) -> list[JobSummary | None]:
        """These jobs as a list shows them, in the order of ``ids``; None for those that are gone."""
        return await self._store.summaries(ids)

    async def lanes(self) -> list[LaneCount]:
        return await self._store.lanes()

    async def counts(self, *, queues: Sequence[str] = (), types: Sequence[str] = ()) -> dict[JobState, int]:
        """Jobs per state, every state named, of these queues and types (empty: of all)."""
        return total(
            lane
            for lane in await self._store.lanes()
            if (not queues or lane.queue in queues) and (not types or lane.type in types)
        )

    async def queues(self) -> list[QueueStatus]:
        """All queues that are known, by name. ``depth`` is None where the broker does not answer."""
        flags, lanes, workers = await asyncio.gather(self._store.queues(), self._store.lanes(), self._store.workers())
        names = sorted({flag.name for flag in flags} | {lane.queue for lane in lanes})
        oldest, depths = await asyncio.gather(
            self._store.oldest(JobState.QUEUED, names), monitoring.depths(self._broker, names)
        )
        paused = {flag.name: flag for flag in flags}
        lanes_of = dict[str, list[LaneCount]]()
        for lane in lanes:
            lanes_of.setdefault(lane.queue, []).append(lane)
        found = []
        for name in names:
            own = tuple(lanes_of.get(name, ()))
            flag = paused.get(name)
            found.append(
                QueueStatus(
                    name=name,
                    counts=total(own),
                    types=own,
                    paused=bool(flag and flag.paused),
                    paused_by=flag.paused_by if flag else "",
                    depth=depths.get(name),
                    oldest_waiting=oldest.get(name),
                    workers=sum(name in worker.queues for worker in workers if worker.state == "running"),
                )
            )
        return found

    async def queue(self, name: str) -> QueueStatus | None:
        return next((queue for queue in await self.queues() if queue.name == name), None)

    async def ladder(self, queue: str) -> Ladder:
        """What waits for its time. Raises StoreError; where the broker does not answer, its part is not known."""
        steps = self._broker.capabilities.steps
        told = has(self._broker, "waiting", Broker)
        if not steps or not has(self._store, "due", JobStore):
            return Ladder(rungs=(), overdue=0, told=told)
        # A message takes the first step for whatever is less than the second.
        bounds = (0.0, *steps[1:])
        due, messages = await asyncio.gather(self._store.due(queue, bounds), monitoring.waiting(self._broker))
        scheduled, retrying = due[JobState.SCHEDULED], due[JobState.RETRYING]
        # A step that does not exist holds nothing.
        counts = [None] * len(steps) if messages is None else [count or 0 for count in messages]
        rows = zip(steps, counts, scheduled[1:], retrying[1:], strict=False)
        return Ladder(
            rungs=tuple(
                Rung(seconds=seconds, messages=count, scheduled=later, retrying=again)
                for seconds, count, later, again in rows
            ),
            overdue=scheduled[0] + retrying[0],
            told=told,
        )

    async def workers(self) -> list[WorkerStatus]:
        return await self._store.workers()

    async def schedules(self, *, firings: int = 12) -> list[ScheduleStatus]:
        """Next due first, each with so many of its last firings."""
        return await self._store.schedules(firings=firings)

    async def count_schedules(self) -> int:
        return await self._store.count_schedules()

    async def schedule(self, name: str, *, firings: int = KEPT) -> ScheduleStatus | None:
        return await self._store.schedule(name, firings=firings)

    async def dump(self, worker: str) -> str | None:
        """What it was doing when it was last asked, within the hour: a line with the time, then stacks of its tasks and
        threads, those that run a job under ``task job <id>`` and ``thread job <id>``. None: there is none."""
        return await self._store.dump(worker)

    async def obstacles(self) -> dict[str, str]:
        """What keeps queues from being worked off, in a few words; those that are worked off are left out."""
        flags, workers = await asyncio.gather(self._store.queues(), self._store.workers())
        served = {queue for worker in workers if worker.state == "running" for queue in worker.queues}
        found = {flag.name: "no worker takes from it" for flag in flags if flag.name not in served}
        return found | {
            flag.name: f"paused by {flag.paused_by}" if flag.paused_by else "paused" for flag in flags if flag.paused
        }

    async def edges(self, *states: JobState) -> dict[JobState, datetime]:
        """The earliest moment of each state: the next due, the longest waiting. Empty states are left out."""
        queues = sorted({lane.queue for lane in await self._store.lanes()})
        found = await asyncio.gather(*(self._store.oldest(state, queues) for state in states))
        return {state: min(moments.values()) for state, moments in zip(states, found, strict=True) if moments}

    async def throughput(
        self,
        *,
        since: datetime,
        until: datetime,
        queue: str | None = None,
        type: str | None = None,
        step: int = 1,
    ) -> list[Minute]:
        """What ended, by the minute; of one queue, one type, or of all. ``step``: by 10 or by 60 minutes, of all."""
        return await self._store.minutes(since=since, until=until, queue=queue, type=type, step=step)

    async def groups(self) -> list[FailureGroup]:
        """Failures that are alike, last seen first."""
        return await self._store.groups()

    async def group(self, group: str) -> tuple[FailureGroup, ErrorInfo | None] | None:
        """With the whole error of one of its jobs."""
        return await self._store.group(group)

    async def group_trends(self, groups: Sequence[str], *, hours: int = 24) -> list[tuple[int, ...]]:
        """Failures an hour, oldest first, the present one last."""
        return await self._store.group_trends(groups, hours=hours)

    async def group_jobs(self, group: str, *, cursor: str | None = None, limit: int = PAGE) -> Page:
        """Its jobs that are failed now, newest first."""
        return await self._store.group_jobs(group, cursor=cursor, limit=limit)

    async def group_comebacks(self, group: str, *, among: int, times: int) -> int:
        """Of its longest failed jobs, ``among`` of them: how many came back so often or more, after as many replays."""
        return await self.comebacks(await self._store.group_ids(group, limit=among), times=times)

    async def comebacks(self, ids: Sequence[str], *, times: int) -> int:
        """How many of these jobs are failed and came back so often or more, after as many replays."""
        jobs = await self._store.summaries(ids)
        return sum(job is not None and job.state is JobState.FAILED and job.comebacks >= times for job in jobs)

    async def open_groups(self) -> int:
        """How many groups hold failed jobs and are not muted."""
        return await self._store.open_groups()

    async def deploy(self) -> Deploy | None:
        """The last change of release that workers have brought."""
        return await self._store.deploy()

    async def health(self) -> Health:
        """Asks every server; never raises, and says of each what is known."""
        broker, store = await asyncio.gather(self._broker.health(), self._store.health())
        leader, outbox = None, None
        if store.ok:
            try:
                leader, outbox = await asyncio.gather(self._store.leader(), self._store.outbox_size())
            except StoreError:
                # It went away between two questions; the next look says so in ``store``.
                leader, outbox = None, None
        return Health(broker=broker, store=store, leader=leader, outbox=outbox)

    async def standing(self, *, since: datetime, until: datetime) -> Standing:
        """What :func:`~queueing.domain.attention.concerns` judges. Where the store is down, only that."""
        health = await self.health()
        if not health.store.ok:
            return Standing(health=health)
        queues, workers, minutes, stuck = await asyncio.gather(
            self.queues(),
            self.workers(),
            self.throughput(since=since, until=until),
            self._store.unconfirmed(older_than=monitoring.STUCK, limit=1),
        )
        return Standing(health=health, stuck=bool(stuck), queues=queues, workers=workers, minutes=minutes)

    async def figures(self) -> Figures:
        """For monitoring. Where the store is down, only that."""
        health = await self.health()
        try:
            return await monitoring.figures(self._broker, self._store, health)
        except StoreError as error:
            # It went away between two questions.
            store = msgspec.structs.replace(health.store, ok=False, detail=str(error))
            return Figures(health=msgspec.structs.replace(health, store=store))

    async def situation(self, job: JobSummary) -> Situation:
        """What :func:`~queueing.domain.waiting.checks` judges."""
        queue, workers, health, ahead, limits, in_line = await asyncio.gather(
            self.queue(job.queue),
            self.workers(),
            self.health(),
            self._ahead(job),
            self.limits(),
            self._ahead_in_line(job),
        )
        return Situation(
            queue=queue,
            workers=tuple(workers),
            health=health,
            ahead=ahead,
            pace=await self._pace(job.queue) if ahead else 0.0,
            counted_to=AHEAD,
            limits=limits,
            ahead_in_line=in_line,
        )

    async def limits(self) -> dict[Scope, Limit]:
        """Those in force."""
        return await self._store.limits()

    async def fixed_limits(self) -> dict[Scope, str]:
        """Those that an operator has fixed, some of them to none, and who did."""
        return await self._store.fixed_limits()

    async def _pace(self, queue: str) -> float:
        """Attempts that ended per second, lately."""
        now = self._store.clock.now()
        minutes = await self._store.minutes(since=now - LATELY, until=now, queue=queue)
        return sum(one.succeeded + one.failed + one.retried for one in minutes) / LATELY.total_seconds()

    async def _ahead_in_line(self, job: JobSummary) -> int | None:
        if job.limited_by is None:
            return None
        name = job.type if job.limited_by == "type" else job.queue
        return await self._store.place_in_line(job.id, Scope(job.limited_by, name))

    async def _ahead(self, job: JobSummary) -> int:
        if job.state is not JobState.QUEUED or job.due_at is None:
            return 0
        wanted = JobFilter(states=(JobState.QUEUED,), queues=(job.queue,), until=job.due_at)
        ids, _ = await self._store.ids(wanted, after=None, limit=AHEAD + 1)
        return min(AHEAD, sum(job_id != job.id for job_id in ids))


def total(lanes: Iterable[LaneCount]) -> dict[JobState, int]:
    """The sum of lanes, every state named."""
    summed = dict.fromkeys(JobState, 0)
    for lane in lanes:
        for state, count in lane.counts.items():
            summed[state] += count
    return summed
