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
            name, version, serves = await self._told()
            if not serves:
                # It answers those who only read, as a console does, with what it still hears of.
                self._connection.leave()
                name, version, serves = await self._told()
            if not serves:
                return ServerHealth(name=name, ok=False, detail=said_by(self._connection.replica()))
            return ServerHealth(name=name, ok=True, version=version, latency=latency)
        return ServerHealth(name=self.server_name, ok=True, latency=latency)

    async def _told(self) -> tuple[str, str, bool]:
        """Name, version, and whether it is a primary. Valkey names as ``redis_version`` the Redis that it is
        compatible with."""
        info = await self._info()
        serves = text_of(info.get("role", "master")) == "master"
        if valkey := text_of(info.get("valkey_version", "")):
            return "Valkey", valkey, serves
        return self.server_name, text_of(info.get("redis_version", "")), serves

    async def _info(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = await self._connection.call("INFO")
        return found


def text_of(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
