"""How a worker runs."""

from __future__ import annotations

import msgspec

from queueing.domain.names import check_queue
from queueing.errors import ConfigurationError


class WorkerOptions(msgspec.Struct, frozen=True, kw_only=True):
    concurrency: int = 5
    """Jobs at a time, per worker."""
    workers: int = 1
    """Workers beside each other. ``Worker.run`` runs them in this process; ``runworkers`` as processes of their own."""
    queues: tuple[str, ...] = ()
    """Queues to serve. Empty: all that registered job types name."""
    grace: float = 30.0
    """Seconds that running jobs may still take when the worker stops."""
    heartbeat: float = 1.0
    """Seconds between signs of life."""
    ttl: float = 15.0
    """Seconds without a sign of life after which a worker counts as dead."""
    leads: bool = True
    """Whether it may do the cluster's chores: outbox, rescue, schedule, retention, dead letters."""
    name: str = ""
    """Shown before the id, to tell fleets apart."""

    def __post_init__(self) -> None:
        if self.concurrency < 1 or self.workers < 1:
            raise ConfigurationError("concurrency and workers must be 1 or more.")
        if self.ttl < 3 * self.heartbeat:
            raise ConfigurationError(
                "ttl must be at least three heartbeats, or a slow network would look like a death."
            )
        for queue in self.queues:
            check_queue(queue)

    def serving(self, *queues: str) -> WorkerOptions:
        return msgspec.structs.replace(self, queues=queues)
