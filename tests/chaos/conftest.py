from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.project import QUEUES, Project
from tests.places import own_prefix


@pytest.fixture
async def project(tmp_path: Path, amqp_url: str, redis_url: str) -> AsyncIterator[Project]:
    async with own_prefix(amqp_url, redis_url, *QUEUES) as prefix:
        project = Project(tmp_path, amqp_url=amqp_url, redis_url=redis_url, prefix=prefix)
        await project.cluster.open()
        yield project
        await project.cluster.close()
