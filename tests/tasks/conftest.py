from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from queueing import WorkerOptions, runtime, sync
from queueing.conf import ClusterConfig


@pytest.fixture(autouse=True)
def embedded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fresh embedded cluster on the engine loop."""
    monkeypatch.setattr(runtime, "_clusters", {})
    monkeypatch.setattr(runtime.conf, "from_django", lambda alias="default": ClusterConfig(prefix="tasks-test"))
    yield
    sync.run(runtime.cluster().close())


@pytest.fixture
def working() -> Iterator[None]:
    """A worker of the queues ``default`` and ``letters``, on the engine loop."""
    worker = runtime.cluster().worker(WorkerOptions(queues=("default", "letters"), grace=1))
    running = asyncio.run_coroutine_threadsafe(worker.run(), sync.engine_loop())
    yield
    sync.engine_loop().call_soon_threadsafe(worker.stop)
    running.result(10)
