"""The leader's chores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from queueing.adapters.redis.base import BATCH, LANES, Part, chunks
from queueing.adapters.redis.keys import lane_name, parse_ref
from queueing.adapters.redis.lane import Arg
from queueing.adapters.redis.packing import ms
from queueing.domain.job import JobRef
from queueing.domain.states import JobState

LOOKED_AT: Final = 500
"""Running jobs in one step of a rescue."""
TRIMMED: Final = 20
"""Records deleted in one step: among a million, far apart in memory, one costs Redis up to 0.2 ms."""


class Leading(Part):
    async def lead(self, worker: str, *, ttl: float) -> bool:
        return bool(await self._connection.run("lead", [worker, round(ttl * 1000)]))

    async def resign(self, worker: str) -> None:
        await self._connection.run("resign", [worker])

    async def leader(self) -> str | None:
        found = await self._connection.call("GET", self._keys("leader"))
        return None if found is None else found.decode()

    async def promote(self, *, limit: int) -> int:
        done = 0
        for some in chunks(await self.known_lanes(), LANES):
            lanes = [lane_name(queue, kind) for queue, kind in some]
            while done < limit:
                wanted = min(limit - done, BATCH)
                moved = int(await self._connection.run("promote", [wanted, *lanes]))
                done += moved
                if moved < wanted:
                    break
        return done

    async def expire(self, *, limit: int) -> list[JobRef]:
        failed: list[JobRef] = []
        while len(failed) < limit:
            wanted = min(limit - len(failed), BATCH)
            answers = await self._connection.run("expire", [wanted, self._retention[JobState.FAILED]])
            failed += [JobRef(job_id.decode(), epoch) for job_id, epoch in answers]
            if len(answers) < wanted:
                break
        return failed

    async def recall(self, *, limit: int) -> list[JobRef]:
        answers = await self._connection.run("recall", [min(limit, BATCH), self._retention[JobState.FAILED]])
        return [JobRef(job_id.decode(), epoch) for job_id, epoch in answers]

    async def rescue(self, *, older_than: float, limit: int) -> list[JobRef]:
        """The walk over all running jobs is done in steps, from here; each job is looked at again as it is moved."""
        patience = round(older_than * 1000)
        rescued: list[JobRef] = []
        async for spans in self._running_spans():
            orphans = await self._connection.run("orphans", [patience, *spans])
            for some in chunks(orphans[: limit - len(rescued)], BATCH):
                args = [patience, self._retention[JobState.FAILED], *some]
                answers = await self._connection.run("rescue", args)
                rescued += [JobRef(job_id.decode(), epoch) for job_id, epoch in answers]
            if len(rescued) >= limit:
                break
        return rescued

    async def _running_spans(self) -> AsyncIterator[list[Arg]]:
        """The ranks of all running jobs as key, first, last…, in parts that one script call can look at. A job whose
        rank shifts meanwhile may be missed; the next walk finds it."""
        lanes = [self._keys.lane(queue, kind, JobState.RUNNING) for queue, kind in await self.known_lanes()]
        spans: list[Arg] = []
        room = LOOKED_AT
        for some in chunks(lanes, LANES):
            sizes = await self._connection.pipeline([("ZCARD", lane) for lane in some])
            for lane, size in zip(some, sizes, strict=True):
                first = 0
                while first < size:
                    last = min(size, first + room) - 1
                    spans += [lane, first, last]
                    room -= last + 1 - first
                    first = last + 1
                    if not room:
                        yield spans
                        spans, room = [], LOOKED_AT
        if spans:
            yield spans

    async def unconfirmed(self, *, older_than: float, limit: int, skip: int = 0) -> list[JobRef]:
        before = ms(await self.now()) - round(older_than * 1000)
        found = await self._connection.call(
            "ZRANGE", self._keys("outbox"), "-inf", before, "BYSCORE", "LIMIT", skip, limit
        )
        return [parse_ref(member) for member in found]

    async def outbox_size(self) -> int:
        return int(await self._connection.call("ZCARD", self._keys("outbox")))

    async def trim(self, *, limit: int) -> int:
        """In steps: between two of them Redis answers others."""
        looked = 0
        while looked < limit:
            step = min(TRIMMED, limit - looked)
            found = int(await self._connection.run("trim", [step, *self._finished_retention()]))
            looked += found
            if found < step:
                break
        return looked
