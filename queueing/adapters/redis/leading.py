"""The leader's chores."""

from __future__ import annotations

from queueing.adapters.redis.base import Part
from queueing.adapters.redis.keys import parse_ref
from queueing.adapters.redis.packing import ms
from queueing.domain.job import JobRef
from queueing.domain.states import JobState


class Leading(Part):
    async def lead(self, worker: str, *, ttl: float) -> bool:
        return bool(await self._connection.run("lead", [worker, round(ttl * 1000)]))

    async def resign(self, worker: str) -> None:
        await self._connection.run("resign", [worker])

    async def leader(self) -> str | None:
        found = await self._connection.call("GET", self._keys("leader"))
        return None if found is None else found.decode()

    async def promote(self, *, limit: int) -> int:
        return int(await self._connection.run("promote", [limit]))

    async def rescue(self, *, older_than: float, limit: int) -> list[JobRef]:
        args = [round(older_than * 1000), limit, self._retention[JobState.FAILED]]
        return [JobRef(job_id.decode(), epoch) for job_id, epoch in await self._connection.run("rescue", args)]

    async def unconfirmed(self, *, older_than: float, limit: int) -> list[JobRef]:
        before = ms(await self.now()) - round(older_than * 1000)
        found = await self._connection.call(
            "ZRANGE", self._keys("outbox"), "-inf", before, "BYSCORE", "LIMIT", 0, limit
        )
        return [parse_ref(member) for member in found]

    async def outbox_size(self) -> int:
        return int(await self._connection.call("ZCARD", self._keys("outbox")))

    async def trim(self, *, limit: int) -> int:
        return int(await self._connection.run("trim", [limit, *self._finished_retention()]))
