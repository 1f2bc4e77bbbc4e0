"""Every adapter, each under its own prefix, connected; a contract test runs against all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from queueing.adapters.memory import MemoryBroker
from queueing.adapters.rabbitmq import RabbitBroker
from queueing.domain.ports import Broker
from tests.contracts.brokers import fresh_prefix, take_away


@pytest.fixture(params=["memory", "rabbitmq", "rabbitmq-classic"])
async def broker(request: pytest.FixtureRequest) -> AsyncIterator[Broker]:
    prefix = fresh_prefix()
    if request.param == "memory":
        embedded = MemoryBroker(prefix=prefix)
        await embedded.connect()
        yield embedded
        await embedded.close()
        return
    url = request.getfixturevalue("amqp_url")
    rabbit = RabbitBroker(url, prefix=prefix, queue_type="classic" if "classic" in request.param else "quorum")
    await rabbit.connect()
    yield rabbit
    await rabbit.close()
    await take_away(url, prefix)
