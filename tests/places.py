"""A place of one's own on the shared servers: a prefix, and nothing left under it afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import redis.asyncio

from tests.contracts.brokers import OTHER, QUEUE, fresh_prefix, take_away

OPERATIONS = "leveret-operations"
"""Every worker of the console's project takes from it."""


@asynccontextmanager
async def own_prefix(amqp_url: str, redis_url: str, *queues: str) -> AsyncIterator[str]:
    prefix = fresh_prefix()
    known = *(queues or (QUEUE, OTHER)), OPERATIONS
    try:
        yield prefix
    finally:
        await take_away(amqp_url, prefix, *known)
        async with redis.asyncio.from_url(redis_url) as client:
            keys = [key async for key in client.scan_iter(match=f"{{{prefix}}}:*", count=1000)]
            if keys:
                await client.unlink(*keys)
