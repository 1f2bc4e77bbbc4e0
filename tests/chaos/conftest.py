from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import project
from tests.chaos.scene import Scene, staged
from tests.places import own_prefix
from tests.servers import private
from tests.servers.rabbitmq import PrivateRabbitMQ

__all__ = ["project"]


@pytest.fixture
async def scene(tmp_path: Path, amqp_url: str, redis_url: str) -> AsyncIterator[Scene]:
    """On the shared servers: for faults of workers and producers only."""
    async with (
        own_prefix(amqp_url, redis_url) as prefix,
        staged(tmp_path, amqp_url=amqp_url, redis_url=redis_url, prefix=prefix) as scene,
    ):
        yield scene


@pytest.fixture(scope="package")
def crashing_rabbitmq() -> Iterator[PrivateRabbitMQ]:
    """One for all rows that break it; each leaves it running, and uses queues of its own prefix."""
    with private.rabbitmq() as server:
        yield server
