"""Limits: declaring them, and the lines before them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from queueing.adapters.redis.base import Part
from queueing.adapters.redis.lane import Arg
from queueing.adapters.redis.packing import moment, ms
from queueing.domain.job import JobRef
from queueing.domain.limits import Limit, Scope


class Limiting(Part):
    async def declare_limits(self, limits: Mapping[Scope, Limit | None], *, since: datetime | None = None) -> datetime:
        args: list[Arg] = ["" if since is None else ms(since)]
        for scope, limit in limits.items():
            args += [_name(scope), "" if limit is None else _pack(limit)]
        return moment(await self._connection.run("declare_limits", args))

    async def fix_limit(self, scope: Scope, limit: Limit | None, *, by: str) -> None:
        packed = "" if limit is None else _pack(limit)
        await self._connection.run("fix_limit", [_name(scope), packed, by])

    async def free_limit(self, scope: Scope) -> None:
        await self._connection.run("fix_limit", [_name(scope), "-", ""])

    async def fixed_limits(self) -> dict[Scope, str]:
        found = await self._connection.call("HGETALL", self._keys("fixed"))
        return {_scope(name.decode()): by.decode(errors="replace") for name, by in found.items()}

    async def let_out(self, *, limit: int) -> list[JobRef]:
        released = await self._connection.run("let_out", [limit])
        return [JobRef(job_id.decode(), epoch) for job_id, epoch in released]

    async def limits(self) -> dict[Scope, Limit]:
        found = await self._connection.call("HGETALL", self._keys("limits"))
        read = {_scope(name.decode()): _unpack(packed.decode()) for name, packed in found.items()}
        return {scope: limit for scope, limit in read.items() if limit is not None}

    async def place_in_line(self, job_id: str, scope: Scope) -> int | None:
        place: int | None = await self._connection.call("ZRANK", self._keys("line", _name(scope)), job_id)
        return place


def _name(scope: Scope) -> str:
    return f"{scope.kind[0]}:{scope.name}"


def _scope(name: str) -> Scope:
    kind, _, rest = name.partition(":")
    return Scope("type" if kind == "t" else "queue", rest)


def _pack(limit: Limit) -> str:
    return f"{limit.concurrent or 0} {limit.rate or 0} {round((limit.per or 0) * 1000)} {limit.burst}"


def _unpack(packed: str) -> Limit | None:
    """``packed``: since when, then what was packed; without the latter for a limit that has gone."""
    match packed.split():
        case [_, concurrent, rate, per, burst]:
            return Limit(
                concurrent=int(concurrent) or None,
                rate=int(rate) or None,
                per=int(per) / 1000 or None,
                burst=int(burst),
            )
    return None
