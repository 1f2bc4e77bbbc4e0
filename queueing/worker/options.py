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
    park_after: float = 600.0
    """Seconds after which a running job's message waits on the delay ladder instead of with the worker. Must be well
    below RabbitMQ's ``consumer_timeout`` (30 minutes by default), which closes the channel of whoever holds a message
    for longer: half of it at most."""
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
        if not 0 <= self.grace < float("inf"):
            raise ConfigurationError(f"grace must be 0 seconds or more, not {self.grace!r}.")
        if not self.park_after > 0:
            raise ConfigurationError("park_after must be more than 0 seconds, and half of consumer_timeout at most.")
        for queue in self.queues:
            check_queue(queue)

    def serving(self, *queues: str) -> WorkerOptions:
        return msgspec.structs.replace(self, queues=queues)
