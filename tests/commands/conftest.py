"""Commands on embedded engines of their own, and what they print."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO
from typing import NamedTuple
from unittest.mock import patch

import pytest
from django.core.management import call_command

from queueing import conf, runtime, sync
from queueing.domain.registry import Registry
from queueing.runtime import Cluster
from tests.dashboard.shop import Shop


class Said(NamedTuple):
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def shop() -> Iterator[Shop]:
    cluster = Cluster(conf.from_django(), types=Registry())
    with patch.object(runtime, "cluster", lambda alias="default": cluster):
        sync.run(cluster.open())
        yield Shop(cluster)
    sync.run(cluster.close())


@pytest.fixture
def store_down() -> Iterator[None]:
    """Nothing listens on port 1."""
    config = conf.ClusterConfig(redis_url="redis://127.0.0.1:1/0")
    cluster = Cluster(config, types=Registry())
    with patch.object(runtime, "cluster", lambda alias="default": cluster):
        yield
    sync.run(cluster.close())


@pytest.fixture
def run() -> Run:
    def call(*words: str) -> Said:
        out, err = StringIO(), StringIO()
        call_command(*words, stdout=out, stderr=err)
        return Said(out.getvalue(), err.getvalue())

    return call
