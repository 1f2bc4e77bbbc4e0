from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import redis.asyncio

from queueing.conf import ClusterConfig
from tests.contracts.brokers import fresh_prefix, take_away
from tests.worker.engines import QUEUE, Engine


@pytest.fixture(params=["embedded", "servers"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    """A broker and a store that work together: the embedded pair, and the real one."""
    prefix = fresh_prefix()
    if request.param == "embedded":
        engine = Engine(ClusterConfig(prefix=prefix))
        await engine.cluster.open()
        yield engine
        await engine.cluster.close()
        return
    amqp_url, redis_url = request.getfixturevalue("amqp_url"), request.getfixturevalue("redis_url")
    engine = Engine(ClusterConfig(amqp_url=amqp_url, redis_url=redis_url, prefix=prefix))
    await engine.cluster.open()
    yield engine
    await engine.cluster.close()
    await take_away(amqp_url, prefix, QUEUE)
    async with redis.asyncio.from_url(redis_url) as client:
        keys = [key async for key in client.scan_iter(match=f"{{{prefix}}}:*", count=1000)]
        if keys:
            await client.unlink(*keys)
