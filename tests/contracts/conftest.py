"""Every adapter, each under its own prefix, connected; a contract test runs against all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeAlias

import pytest
from fakeredis import FakeServer
from redis.asyncio import Redis

from queueing.adapters.memory import MemoryBroker
from queueing.adapters.rabbitmq import RabbitBroker
from queueing.adapters.redis import RedisStore
from queueing.adapters.redis.embedded import embedded_store
from queueing.domain.ports import Broker, JobStore
from queueing.testing.contracts.others import SetClock
from tests.contracts import stores
from tests.contracts.brokers import fresh_prefix, take_away
from tests.contracts.shifted import movable_clock
from tests.contracts.shifted import set_clock as set_store_clock


@pytest.fixture(params=["memory", "rabbitmq", "rabbitmq-classic", "rabbitmq-fast"])
async def broker(request: pytest.FixtureRequest) -> AsyncIterator[Broker]:
    prefix = fresh_prefix()
    if request.param == "memory":
        embedded = MemoryBroker(prefix=prefix)
        await embedded.connect()
        yield embedded
        await embedded.close()
        return
    url = request.getfixturevalue("amqp_url")
    rabbit = RabbitBroker(
        url,
        prefix=prefix,
        queue_type="classic" if "classic" in request.param else "quorum",
        fast_lane="fast" in request.param,
    )
    await rabbit.connect()
    yield rabbit
    await rabbit.close()
    await take_away(url, prefix)


@pytest.fixture
def movable() -> Iterator[None]:
    """The stores' clock can be set: ``shifted.set_clock``."""
    with movable_clock():
        yield


MakeStore: TypeAlias = Callable[..., JobStore]


@pytest.fixture(params=["embedded", "redis"])
async def make_store(request: pytest.FixtureRequest) -> AsyncIterator[MakeStore]:
    """Makes stores that share their jobs, as those of several processes do."""
    prefix = fresh_prefix()
    made: list[JobStore] = []
    server = FakeServer()

    def make(**options: Any) -> JobStore:
        if request.param == "embedded":
            made.append(embedded_store(server=server, prefix=prefix, **options))
        else:
            made.append(RedisStore(request.getfixturevalue("redis_url"), prefix=prefix, **options))
        return made[-1]

    yield make
    for store in made:
        await store.close()
    if request.param == "redis":
        async with Redis.from_url(request.getfixturevalue("redis_url")) as client:
            await stores.take_away(client, prefix)


@pytest.fixture
async def store(make_store: MakeStore) -> JobStore:
    made = make_store()
    await made.connect()
    return made


@pytest.fixture
def set_clock(store: JobStore, movable: None) -> SetClock:
    async def ahead(seconds: float) -> None:
        await set_store_clock(store, ahead=seconds)

    return ahead
