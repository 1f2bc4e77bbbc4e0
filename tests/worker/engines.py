"""A whole engine for a worker test: broker and store under a prefix of their own, and a worker to start and stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from queueing.conf import ClusterConfig
from queueing.domain.job import JobRecord
from queueing.domain.options import JobOptions
from queueing.domain.ports import Command
from queueing.domain.registry import Registry
from queueing.domain.states import JobState
from queueing.runtime import Cluster
from queueing.worker.options import WorkerOptions
from queueing.worker.worker import Worker
from tests.eventually import eventually

QUEUE = "post"
OTHERS = ("parcels", "letters", "cards", "stamps")
BRISK = WorkerOptions(concurrency=5, heartbeat=0.05, ttl=5.0, grace=5.0, queues=(QUEUE,))


class Engine:
    """Adds jobs, runs workers, and waits for states."""

    def __init__(self, config: ClusterConfig) -> None:
        self.cluster = Cluster(config, types=Registry())

    @property
    def registry(self) -> Registry:
        return self.cluster.registry

    def handle(self, name: str, handler: Callable[..., Any], **described: Any) -> None:
        self.registry.register(name, handler, **({"queue": QUEUE} | described))

    async def add(
        self, type_: str, payload: Any = None, options: JobOptions | None = None, *, queue: str = QUEUE
    ) -> str:
        return await self.cluster.producer.add(queue, type_, payload, options)

    async def ready(self, queue: str = QUEUE) -> int | None:
        return (await self.cluster.broker.depth(queue)).ready

    async def tell(self, kind: str, value: str = "") -> None:
        """Tell the one worker there is."""
        [status] = await self.cluster.inspector.workers()
        await self.cluster.operations.command(status.id, Command(kind=kind, value=value))

    async def job(self, job_id: str) -> JobRecord:
        record = await self.cluster.inspector.job(job_id)
        assert record is not None, f"no record of {job_id}"
        return record

    async def becomes(self, job_id: str, *states: JobState, timeout: float = 10.0) -> JobRecord:
        async def reached() -> JobRecord | None:
            record = await self.cluster.inspector.job(job_id)
            return record if record is not None and record.state in states else None

        return await eventually(reached, timeout=timeout, message=f"{job_id} to become {' or '.join(states)}")

    @asynccontextmanager
    async def working(self, options: WorkerOptions = BRISK) -> AsyncIterator[Worker]:
        worker = self.cluster.worker(options)
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            worker.stop()
            await asyncio.wait_for(task, 15)

    async def done(self, type_: str, payload: Any = None, options: JobOptions | None = None) -> JobRecord:
        """Add a job, run it to its end, and return the record."""
        async with self.working():
            job_id = await self.add(type_, payload, options)
            return await self.becomes(job_id, JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)
