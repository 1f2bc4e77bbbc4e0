from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis.asyncio

from tests.acceptance.project import QUEUES, Project
from tests.contracts.brokers import fresh_prefix, take_away


@pytest.fixture
async def project(tmp_path: Path, amqp_url: str, redis_url: str) -> AsyncIterator[Project]:
    project = Project(tmp_path, amqp_url=amqp_url, redis_url=redis_url, prefix=fresh_prefix())
    await project.cluster.open()
    yield project
    await project.cluster.close()
    await take_away(amqp_url, project.prefix, *QUEUES)
    async with redis.asyncio.from_url(redis_url) as client:
        keys = [key async for key in client.scan_iter(match=f"{{{project.prefix}}}:*", count=1000)]
        if keys:
            await client.unlink(*keys)
