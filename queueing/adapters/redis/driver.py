"""The driver's connections, with hiredis packing what they send.

redis-py packs commands in Python on its asyncio connections, argument by argument (8.1, ``Connection.pack_command``);
for scripts with a thousand arguments that is two thirds of a worker's time in the store.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import hiredis
from redis import exceptions as driver
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from queueing.adapters.redis.demotion import demoted

MAX_CONNECTIONS = 16


class _Ours:
    def pack_command(self, *args: Any) -> list[bytes]:
        name = args[0].encode() if isinstance(args[0], str) else args[0]
        return [hiredis.pack_command((*name.split(), *args[1:]))]

    async def read_response(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().read_response(*args, **options)  # type: ignore[misc]
        except driver.RedisError as exc:
            if told := demoted(exc):
                raise told from exc
            raise


class Pool(BlockingConnectionPool):
    def leave(self) -> None:
        """Every connection is made anew before it is used again."""
        for connection in chain(self._available_connections, self._in_use_connections):
            connection.mark_for_reconnect()  # type: ignore[no-untyped-call]

    async def ensure_connection(self, connection: Any) -> None:
        # The driver itself looks at the mark only where a connection comes back to the pool.
        if connection.should_reconnect():
            await connection.disconnect()
        await super().ensure_connection(connection)


def open_pool(url: str, timeout: float) -> Pool:
    """For any scheme that the driver knows. Raises ValueError for another."""
    pool = Pool.from_url(
        url,
        protocol=2,
        decode_responses=False,
        max_connections=MAX_CONNECTIONS,
        timeout=timeout,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(ConstantBackoff(0.05), 1),
    )
    driven = pool.connection_class
    pool.connection_class = type(f"Our{driven.__name__}", (_Ours, driven), {})
    return pool
