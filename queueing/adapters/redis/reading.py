"""The read side. Round trips do not depend on how many jobs there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from queueing.adapters.redis.base import LANES, Part, chunks
from queueing.adapters.redis.keys import SUMMARY_FIELDS, lane_name
from queueing.adapters.redis.lane import Arg
from queueing.adapters.redis.packing import moment, unpack_spec
from queueing.adapters.redis.rows import record, summary
from queueing.domain.job import JobRecord, JobRef, JobSpec, JobSummary
from queueing.domain.ports import QueueFlags
from queueing.domain.reading import LaneCount
from queueing.domain.states import FINISHED, JobState

DUE_LANES: Final = 50
"""Lanes in one script call that counts each of them a dozen times."""
_HEAD = (len(SUMMARY_FIELDS), *SUMMARY_FIELDS)


class Reading(Part):
    async def get(self, job_id: str) -> JobRecord | None:
        answer = await self._connection.run("get", [job_id, *SUMMARY_FIELDS])
        return None if answer is None else record(job_id, answer)

    async def summaries(self, ids: Sequence[str]) -> list[JobSummary | None]:
        found: list[JobSummary | None] = []
        for some in chunks(ids):
            rows = await self._connection.run("rows", [*_HEAD, *some])
            found += [None if row is None else summary(job_id, row) for job_id, row in zip(some, rows, strict=True)]
        return found

    async def specs(self, refs: Sequence[JobRef]) -> list[tuple[JobSpec, JobSummary] | None]:
        """None also for a job that runs or has ended: its message has arrived, none needs to be published."""
        found: list[tuple[JobSpec, JobSummary] | None] = []
        for some in chunks(refs, 100):
            answers = await self._connection.run("specs", [*_HEAD, *(ref.id for ref in some)])
            found += [_pair(ref, answer) for ref, answer in zip(some, answers, strict=True)]
        return found

    async def lanes(self) -> list[LaneCount]:
        return await self.counts(await self.known_lanes())

    async def census(self, *, most: int) -> tuple[list[LaneCount], int]:
        known = await self.known_lanes()
        return await self.counts(known[:most]), max(0, len(known) - most)

    async def counts(self, lanes: Sequence[tuple[str, str]]) -> list[LaneCount]:
        """Of some hundred lanes at one moment; those beyond are counted a moment later."""
        states = list(JobState)
        found: list[LaneCount] = []
        for some in chunks(lanes, LANES):
            names = [lane_name(queue, kind) for queue, kind in some]
            answers = await self._connection.run("lanes", [len(states), *(state.value for state in states), *names])
            found += [
                LaneCount(queue=queue, type=kind, counts=dict(zip(states, counts, strict=True)))
                for (queue, kind), counts in zip(some, answers, strict=True)
            ]
        return found

    async def oldest(self, state: JobState, queues: Sequence[str]) -> dict[str, datetime]:
        wanted, found = set(queues), dict[str, datetime]()
        lanes = [lane for lane in await self.known_lanes() if lane[0] in wanted]
        for some in chunks(lanes, LANES):
            names = [lane_name(*lane) for lane in some]
            for number, score in await self._connection.run("oldest", [1, state.value, *names]):
                queue, at = some[number - 1][0], moment(score)
                found[queue] = min(at, found.get(queue, at))
        return found

    async def due(self, queue: str, bounds: Sequence[float]) -> dict[JobState, list[int]]:
        states = (JobState.SCHEDULED, JobState.RETRYING)
        head: list[Arg] = [len(states), len(bounds), *states, *(round(bound * 1000) for bound in bounds)]
        summed = {state: [0] * (len(bounds) + 1) for state in states}
        lanes = [lane_name(*lane) for lane in await self.known_lanes() if lane[0] == queue]
        for some in chunks(lanes, DUE_LANES):
            answers = await self._connection.run("due", [*head, *some])
            for state, counts in zip(states, answers, strict=True):
                summed[state] = [known + more for known, more in zip(summed[state], counts, strict=True)]
        return summed

    async def queues(self) -> list[QueueFlags]:
        names = sorted(name.decode() for name in await self._connection.call("SMEMBERS", self._keys("queues")))
        flags = await self._connection.pipeline(
            [("HMGET", self._keys("queue", name), "paused", "by") for name in names]
        )
        return [
            QueueFlags(name=name, paused=paused == b"1", paused_by=(by or b"").decode() if paused == b"1" else "")
            for name, (paused, by) in zip(names, flags, strict=True)
        ]

    async def sequence(self) -> int:
        return int(await self._connection.call("GET", self._keys("seq")) or 0)


def _pair(ref: JobRef, answer: Sequence[Any] | None) -> tuple[JobSpec, JobSummary] | None:
    if answer is None or answer[1] is None:
        return None
    row = summary(ref.id, answer[0])
    if row.epoch != ref.epoch or not _awaits_message(row.state):
        return None
    return unpack_spec(answer[1], id=row.id, queue=row.queue, type=row.type), row


def _awaits_message(state: JobState) -> bool:
    """A failed job's message is its dead letter."""
    return state is JobState.FAILED or (state is not JobState.RUNNING and state not in FINISHED)
