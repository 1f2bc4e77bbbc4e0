from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from queueing.conf import ClusterConfig
from tests.places import own_prefix
from tests.worker.engines import OTHERS, QUEUE, Engine


@pytest.fixture(params=["embedded", "servers"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    """A broker and a store that work together: the embedded pair, and the real one."""
    if request.param == "embedded":
        async with _open(ClusterConfig()) as engine:
            yield engine
        return
    amqp_url, redis_url = request.getfixturevalue("amqp_url"), request.getfixturevalue("redis_url")
    async with (
        own_prefix(amqp_url, redis_url, QUEUE, *OTHERS) as prefix,
        _open(ClusterConfig(amqp_url=amqp_url, redis_url=redis_url, prefix=prefix)) as engine,
    ):
        yield engine


@asynccontextmanager
async def _open(config: ClusterConfig) -> AsyncIterator[Engine]:
    engine = Engine(config)
    await engine.cluster.open()
    try:
        yield engine
    finally:
        await engine.cluster.close()
