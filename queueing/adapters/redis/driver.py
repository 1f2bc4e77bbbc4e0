"""The driver's connections, with hiredis packing what they send.

redis-py packs commands in Python on its asyncio connections, argument by argument (8.1, ``Connection.pack_command``);
for scripts with a thousand arguments that is two thirds of a worker's time in the store.
"""

from __future__ import annotations

from typing import Any

import hiredis
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

MAX_CONNECTIONS = 16


class _Packing:
    def pack_command(self, *args: Any) -> list[bytes]:
        name = args[0].encode() if isinstance(args[0], str) else args[0]
        return [hiredis.pack_command((*name.split(), *args[1:]))]


def open_pool(url: str, timeout: float) -> BlockingConnectionPool:
    """For any scheme that the driver knows. Raises ValueError for another."""
    pool = BlockingConnectionPool.from_url(
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
    pool.connection_class = type(f"Packing{driven.__name__}", (_Packing, driven), {})
    return pool
