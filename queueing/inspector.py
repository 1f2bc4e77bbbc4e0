"""The read side: what the console and the commands look at."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from queueing.domain.attention import Standing
from queueing.domain.job import JobRecord, JobSummary
from queueing.domain.ports import Broker, JobStore
from queueing.domain.reading import (
    Health,
    JobFilter,
    LaneCount,
    Minute,
    Page,
    QueueDepth,
    QueueStatus,
    WorkerStatus,
)
from queueing.domain.states import JobState
from queueing.domain.waiting import Situation
from queueing.errors import BrokerError, StoreError

PAGE: Final = 50
AHEAD: Final = 1_000
"""Jobs in front of another are counted up to here."""
STUCK: Final = 30.0
"""Seconds in the outbox after which a message is not merely on its way."""


class Inspector:
    """Never changes anything. Every method is a bounded number of round trips, whatever the number of jobs."""

    def __init__(self, broker: Broker, store: JobStore) -> None:
        self._broker, self._store = broker, store

    async def job(self, job_id: str) -> JobRecord | None:
        return await self._store.get(job_id)

    async def page(self, wanted: JobFilter, *, cursor: str | None = None, limit: int = PAGE) -> Page:
        return await self._store.page(wanted, cursor=cursor, limit=limit)

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
        oldest, depths = await asyncio.gather(self._store.oldest(JobState.QUEUED, names), self._depths(names))
        paused = {flag.name: flag for flag in flags}
        found = []
        for name in names:
            own = tuple(lane for lane in lanes if lane.queue == name)
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

    async def workers(self) -> list[WorkerStatus]:
        return await self._store.workers()

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
        self, *, since: datetime, until: datetime, queue: str | None = None, type: str | None = None
    ) -> list[Minute]:
        """What ended, by the minute; of one queue, one type, or of all."""
        return await self._store.minutes(since=since, until=until, queue=queue, type=type)

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
            self._store.unconfirmed(older_than=STUCK, limit=1),
        )
        return Standing(health=health, stuck=bool(stuck), queues=queues, workers=workers, minutes=minutes)

    async def situation(self, job: JobSummary) -> Situation:
        """What :func:`~queueing.domain.waiting.checks` judges."""
        queue, workers, health, ahead = await asyncio.gather(
            self.queue(job.queue), self.workers(), self.health(), self._ahead(job)
        )
        return Situation(queue=queue, workers=tuple(workers), health=health, ahead=ahead, counted_to=AHEAD)

    async def _ahead(self, job: JobSummary) -> int:
        if job.state is not JobState.QUEUED or job.due_at is None:
            return 0
        wanted = JobFilter(states=(JobState.QUEUED,), queues=(job.queue,), until=job.due_at)
        ids, _ = await self._store.ids(wanted, after=None, limit=AHEAD + 1)
        return min(AHEAD, sum(job_id != job.id for job_id in ids))

    async def _depths(self, names: Sequence[str]) -> dict[str, QueueDepth]:
        answers = await asyncio.gather(*(self._broker.depth(name) for name in names), return_exceptions=True)
        found = {}
        for name, answer in zip(names, answers, strict=True):
            if isinstance(answer, QueueDepth):
                found[name] = answer
            elif not isinstance(answer, BrokerError):
                raise answer
        return found


def total(lanes: Iterable[LaneCount]) -> dict[JobState, int]:
    """The sum of lanes, every state named."""
    summed: Counter[JobState] = Counter()
    for lane in lanes:
        summed.update(lane.counts)
    return {state: summed[state] for state in JobState}
