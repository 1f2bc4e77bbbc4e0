"""Who is alive."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final

import msgspec

from queueing.adapters.redis.base import Part
from queueing.adapters.redis.clock import Stopwatch
from queueing.adapters.redis.lane import Arg
from queueing.adapters.redis.packing import moment, pack_status, unpack_status
from queueing.domain.ports import Beat, Command
from queueing.domain.reading import WorkerStatus

GHOST: Final = 3600.0
"""Seconds that a worker which went without a word is still shown."""


class Workers(Part):
    async def beat(self, status: WorkerStatus, *, ttl: float) -> Beat:
        """A worker must beat before it claims: a job that it took before its first beat is anybody's."""
        head: list[Arg] = [status.id, pack_status(status), status.state, round(ttl * 1000), round(GHOST * 1000)]
        watch = Stopwatch(self.clock)
        known, now, count, *texts = await self._connection.run("beat", [*head, *status.queues])
        watch.stop(moment(now))
        return Beat(
            known=bool(known),
            now=moment(now),
            commands=tuple(_command(text.decode()) for text in texts[count:]),
            paused=frozenset(name.decode() for name in texts[:count]),
        )

    async def forget_worker(self, worker: str) -> None:
        """One whose last beat said "stopping" leaves at once; any other is shown as gone for a while."""
        await self._connection.run("forget", [worker])

    async def keep_dump(self, worker: str, text: str, *, ttl: float) -> None:
        await self._connection.call("SET", self._keys("dump", worker), text, "EX", math.ceil(ttl))

    async def dump(self, worker: str) -> str | None:
        found = await self._connection.call("GET", self._keys("dump", worker))
        return None if found is None else found.decode()

    async def workers(self) -> list[WorkerStatus]:
        members, leader = await self._connection.pipeline(
            [("ZRANGE", self._keys("workers"), 0, -1, "WITHSCORES"), ("GET", self._keys("leader"))]
        )
        ids = [member.decode() for member in members[::2]]
        beats = [moment(score) for score in members[1::2]]
        statuses = await self._connection.pipeline([("GET", self._keys("status", worker)) for worker in ids])
        alive = await self._connection.pipeline([("EXISTS", self._keys("worker", worker)) for worker in ids])
        found = [
            _status(packed, beat_at, alive=bool(lives), leads=leader is not None and leader.decode() == worker)
            for worker, beat_at, packed, lives in zip(ids, beats, statuses, alive, strict=True)
            if packed is not None
        ]
        return sorted(found, key=lambda status: (status.state == "gone", status.id))


def _command(text: str) -> Command:
    kind, _, value = text.partition(" ")
    return Command(kind=kind, value=value)


def _status(packed: bytes, beat_at: datetime, *, alive: bool, leads: bool) -> WorkerStatus:
    status = unpack_status(packed)
    if not alive:
        return msgspec.structs.replace(status, state="gone", running=(), beat_at=beat_at, leader=False)
    return msgspec.structs.replace(status, beat_at=beat_at, leader=leads)
