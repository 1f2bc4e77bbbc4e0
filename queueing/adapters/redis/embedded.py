"""The same store on a Redis inside this process: nothing to install, nothing kept when the process ends."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from fakeredis import FakeServer
from fakeredis.aioredis import FakeRedis
from redis.asyncio import Redis

from queueing.adapters.redis.store import RedisStore
from queueing.domain.findings import Finding
from queueing.domain.states import JobState


class EmbeddedStore(RedisStore):
    always_notifies = True
    server_name = "Embedded Redis"

    async def _told(self) -> tuple[str, str, bool]:
        return self.server_name, f"fakeredis {version('fakeredis')}", True

    async def diagnose(self) -> list[Finding]:
        return []


def embedded_store(
    *,
    server: FakeServer | None = None,
    prefix: str = "leveret",
    retention: Mapping[JobState, float] | None = None,
    timeout: float = 5.0,
) -> EmbeddedStore:
    """Stores that share a ``server`` share its jobs."""
    shared = server or FakeServer()

    def open_fake() -> Redis:
        return FakeRedis(server=shared, protocol=2)

    return EmbeddedStore("memory://", prefix=prefix, retention=retention, timeout=timeout, opener=open_fake)
