"""How the server is, in words for the console."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any

from queueing.adapters.redis.base import Part
from queueing.domain.reading import ServerHealth
from queueing.domain.saying import said_by
from queueing.errors import LeveretError, StoreError


class Health(Part):
    server_name = "Redis"

    async def health(self) -> ServerHealth:
        try:
            started = time.perf_counter()
            await self._connection.connect()
            latency = time.perf_counter() - started
        except LeveretError as wrong:
            return ServerHealth(name=self.server_name, ok=False, detail=said_by(wrong))
        with contextlib.suppress(StoreError):  # INFO may be forbidden where all we need is not
            name, version = await self._told()
            return ServerHealth(name=name, ok=True, version=version, latency=latency)
        return ServerHealth(name=self.server_name, ok=True, latency=latency)

    async def _told(self) -> tuple[str, str]:
        """Name and version. Valkey names as ``redis_version`` the Redis that it is compatible with."""
        info = await self._info()
        if valkey := text_of(info.get("valkey_version", "")):
            return "Valkey", valkey
        return self.server_name, text_of(info.get("redis_version", ""))

    async def _info(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = await self._connection.call("INFO")
        return found


def text_of(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
