"""What monitoring reads: figures of the whole cluster at one moment, of a size that is bounded whatever is enqueued."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from queueing.domain.reading import Health
from queueing.domain.states import JobState

OTHER: Final = "(other)"
"""Stands for the queue and the type of all that have no figures of their own. No queue can be called so."""
OWN_LANES: Final = 100
"""Lanes with figures of their own: each is some sixty time series to whoever keeps them."""
IDLE: Final = 30 * 86_400.0
"""Seconds after which a lane in which nothing ended makes room for another."""
OWN_QUEUES: Final = 50
COUNTED: Final = 2_000
"""Lanes whose jobs are counted; those beyond are only known to exist."""


class LaneTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What has ended in one lane since it was first seen. Numbers that only grow."""

    queue: str
    type: str
    succeeded: int = 0
    failed: int = 0
    retried: int = 0
    wait: tuple[int, ...] = ()
    """Count per bucket of :data:`~queueing.domain.reading.BUCKETS`."""
    waited: float = 0.0
    """Seconds, all together."""
    run: tuple[int, ...] = ()
    ran: float = 0.0


class LaneJobs(msgspec.Struct, frozen=True, kw_only=True):
    """How many jobs of a lane are in each state now; finished ones as long as their records are kept."""

    queue: str
    type: str
    counts: dict[JobState, int]


class QueueFigures(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    oldest: float
    """Seconds that the longest waiting queued job has waited; 0: none waits."""
    paused: int
    """1 or 0; of all others together: how many."""
    workers: int
    """Live workers that serve it; of all others together: the fewest that one of them has."""
    ready: int | None = None
    """Messages that no worker has taken. None: the broker does not answer, or there is no such queue in it yet."""
    dead: int | None = None


class WorkerFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Of all workers together: an id lives as long as its process, and would be a new series each time."""

    states: dict[str, int]
    slots: int
    busy: int
    rss: int
    """Bytes."""
    cpu: float
    """Cores."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Where the store does not answer, only ``health`` is known."""

    health: Health
    at: datetime | None = None
    jobs: tuple[LaneJobs, ...] = ()
    uncounted: int = 0
    """Lanes whose jobs were not counted."""
    totals: tuple[LaneTotals, ...] = ()
    queues: tuple[QueueFigures, ...] = ()
    workers: WorkerFigures | None = None
    stuck: bool = False
    """A message waits in the outbox for longer than it takes to send it."""
    open_failures: int = 0
    """Failure groups that hold failed jobs and are not muted."""
