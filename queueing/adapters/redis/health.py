"""How the server is, in words for the console."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any

from queueing.adapters.redis.base import Part
from queueing.domain.reading import ServerHealth
from queueing.errors import LeveretError, StoreError


class Health(Part):
    server_name = "Redis"

    async def health(self) -> ServerHealth:
        try:
            started = time.perf_counter()
            await self._connection.connect()
            latency = time.perf_counter() - started
        except LeveretError as wrong:
            return ServerHealth(name=self.server_name, ok=False, detail=str(wrong))
        with contextlib.suppress(StoreError):  # INFO may be forbidden where all we need is not
            return ServerHealth(name=self.server_name, ok=True, version=await self._version(), latency=latency)
        return ServerHealth(name=self.server_name, ok=True, latency=latency)

    async def warnings(self) -> list[str]:
        """What in the server's configuration can lose jobs, and the remedy. Empty: nothing."""
        info = await self._info()
        found = []
        policy = _text(info.get("maxmemory_policy", "noeviction"))
        if policy != "noeviction":
            found.append(
                f"maxmemory-policy is {policy}: when memory is short, Redis deletes jobs without a word. "
                f"Set it to noeviction."
            )
        if not int(info.get("aof_enabled", 1)):
            found.append(
                "The append-only file is off: a crash of Redis loses the jobs since its last snapshot. "
                "Set appendonly to yes."
            )
        return found

    async def _version(self) -> str:
        return _text((await self._info()).get("redis_version", ""))

    async def _info(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = await self._connection.call("INFO")
        return found


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
