"""The library form: one queue, without Django."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from queueing.conf import ClusterConfig
from queueing.domain.job import JobRecord
from queueing.domain.limits import Limit
from queueing.domain.names import check_queue
from queueing.domain.options import Options
from queueing.domain.registry import Registry
from queueing.errors import JobNotFound
from queueing.runtime import Cluster
from queueing.worker.options import WorkerOptions
from queueing.worker.worker import Worker


class Queue:
    """A named queue on a broker and a store of its own. Belongs to the event loop that connected it."""

    def __init__(self, name: str, cluster: Cluster) -> None:
        self.name = check_queue(name)
        self.cluster = cluster

    @classmethod
    async def connect(
        cls,
        name: str,
        *,
        redis_url: str = "redis://localhost",
        amqp_url: str = "amqp://localhost",
        prefix: str = "leveret",
        limit: Limit | None = None,
        fast_lane: bool = True,
    ) -> Queue:
        """Connect to both servers. Raises BrokerUnavailable or StoreUnavailable, saying which, within seconds.

        ``limit`` is the queue's own, put in force by the workers that are made here; without it they lift it.
        ``fast_lane``: as the setting of that name.
        """
        limits = {name: limit} if limit else {}
        config = ClusterConfig(
            amqp_url=amqp_url, redis_url=redis_url, prefix=prefix, limits=limits, fast_lane=fast_lane
        )
        queue = cls(name, Cluster(config, types=Registry()))
        await queue.cluster.open()
        return queue

    async def add(self, type_: str, payload: Any = None, options: Options | None = None) -> str:
        """Add a job; its id comes back once it is recorded and confirmed. Errors as :meth:`Producer.add`."""
        return await self.cluster.producer.add(self.name, type_, payload, options)

    async def add_many(self, type_: str, payloads: Iterable[Any], options: Options | None = None) -> list[str]:
        return await self.cluster.producer.add_many(self.name, type_, payloads, options)

    async def get(self, job_id: str) -> JobRecord:
        """The record as it stands. Raises JobNotFound."""
        record = await self.cluster.inspector.job(job_id)
        if record is None:
            raise JobNotFound(job_id)
        return record

    def create_worker(self, options: WorkerOptions | None = None) -> Worker:
        """A worker for this queue, with handlers still to be registered."""
        chosen = options or WorkerOptions()
        return self.cluster.worker(chosen if chosen.queues else chosen.serving(self.name))

    async def close(self) -> None:
        await self.cluster.close()
