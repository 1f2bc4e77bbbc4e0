"""The JobStore on Redis: its parts, put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from queueing.adapters.redis.connection import Connection, Opener, address, open_client
from queueing.adapters.redis.diagnosis import Diagnosis
from queueing.adapters.redis.groups import Groups
from queueing.adapters.redis.health import Health
from queueing.adapters.redis.keys import Keys
from queueing.adapters.redis.leading import Leading
from queueing.adapters.redis.limiting import Limiting
from queueing.adapters.redis.metrics import Metrics
from queueing.adapters.redis.notifications import Notifications
from queueing.adapters.redis.operating import Operating
from queueing.adapters.redis.paging import Paging
from queueing.adapters.redis.producing import Producing
from queueing.adapters.redis.running import Running
from queueing.adapters.redis.scheduling import Scheduling
from queueing.adapters.redis.workers import Workers
from queueing.domain.states import JobState

if TYPE_CHECKING:
    from queueing.domain.ports import JobStore


class RedisStore(
    Producing,
    Running,
    Workers,
    Limiting,
    Leading,
    Scheduling,
    Operating,
    Paging,
    Groups,
    Metrics,
    Notifications,
    Health,
    Diagnosis,
):
    """``retention``: seconds that finished records are kept, by state; what is left out is as in ``RETENTION``.
    ``timeout``: seconds that one call may take. ``opener`` replaces the client that is made from ``url``."""

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "leveret",
        retention: Mapping[JobState, float] | None = None,
        timeout: float = 5.0,
        opener: Opener | None = None,
    ) -> None:
        connection = Connection(
            opener or (lambda: open_client(url, timeout)),
            keys=Keys(prefix),
            address=address(url),
            timeout=timeout,
            lane=opener is None,
        )
        super().__init__(connection, retention)

    async def connect(self) -> None:
        await self._connection.connect()

    async def close(self) -> None:
        await self._connection.close()


if TYPE_CHECKING:

    def _keeps_the_contract(store: RedisStore) -> JobStore:
        return store
