"""What would happen to a job that is enqueued now."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from queueing.domain.reading import QueueStatus
from queueing.domain.states import JobState
from queueing.inspector import Inspector


@dataclass(frozen=True, slots=True)
class Prospect:
    name: str
    queue: QueueStatus | None
    """None: nobody has used it yet."""
    serving: int
    """Live workers that take from the queue."""
    knowing: int
    """And those of them that have a handler for the type."""

    @property
    def waiting(self) -> int:
        return self.queue.counts[JobState.QUEUED] if self.queue else 0

    @property
    def paused(self) -> bool:
        return self.queue is not None and self.queue.paused


async def prospect(inspector: Inspector, queue: str, type_: str) -> Prospect:
    status, workers = await asyncio.gather(inspector.queue(queue), inspector.workers())
    serving = [worker for worker in workers if queue in worker.queues and worker.state == "running"]
    return Prospect(queue, status, len(serving), sum(type_ in worker.types for worker in serving))
