"""What the read side asks and answers: filters, pages, and the standing of queues and workers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from queueing.domain.conditions import Condition
from queueing.domain.job import JobSummary
from queueing.domain.states import JobState


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Empty means "any"."""

    states: tuple[JobState, ...] = ()
    queues: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    since: datetime | None = None
    """On the time that matters in the state: due, started, finished."""
    until: datetime | None = None
    tag: str | None = None
    where: tuple[Condition, ...] = ()
    """Of those, the jobs that fulfil all of these. Each record must be looked at: the index does not know."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first. A cursor is opaque text; None where there is nothing on that side."""

    rows: tuple[JobSummary, ...]
    newer: str | None
    older: str | None
    looked: int = 0
    """Jobs that were looked at, where the index alone could not tell."""
    reached: datetime | None = None
    """The time of the last of them."""


class LaneCount(msgspec.Struct, frozen=True, kw_only=True):
    queue: str
    type: str
    counts: dict[JobState, int]


class QueueDepth(msgspec.Struct, frozen=True, kw_only=True):
    """What the broker says of one queue. None: it does not exist there yet."""

    ready: int | None
    consumers: int | None
    dead: int | None


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the delay ladder, with one queue's jobs that would take it now."""

    seconds: float
    """How long a message waits in it."""
    messages: int | None
    """Of all queues. None: the broker does not answer."""
    scheduled: int
    """Jobs of the queue that are due after so many seconds, and before the next step's."""
    retrying: int


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for its time: the broker's messages by the step they wait in, one queue's jobs by when they are due.
    The two need not agree: a message goes round again until its job is due, and says nothing of its queue."""

    rungs: tuple[Rung, ...]
    """Shortest first. Empty where the broker has no ladder."""
    overdue: int
    """Scheduled and retrying jobs of the queue whose time has come."""
    told: bool = True
    """False: this broker cannot be asked how many messages wait in each step."""


class QueueStatus(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    counts: dict[JobState, int]
    types: tuple[LaneCount, ...]
    paused: bool
    paused_by: str
    depth: QueueDepth | None
    """None: the broker does not answer."""
    oldest_waiting: datetime | None
    """Since when the longest waiting queued job waits."""
    workers: int
    """Live workers that serve it."""


class RunningJob(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    type: str
    queue: str
    started_at: datetime


class WorkerStatus(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    host: str
    pid: int
    version: str
    queues: tuple[str, ...]
    types: tuple[str, ...]
    concurrency: int
    running: tuple[RunningJob, ...]
    state: Literal["running", "quiet", "stopping", "gone"]
    started_at: datetime
    beat_at: datetime
    """Last heartbeat, on the store's clock."""
    rss: int
    """Bytes."""
    cpu: float
    """Fraction of one core since the last heartbeat."""
    succeeded: int
    failed: int
    leader: bool = False


class Minute(msgspec.Struct, frozen=True, kw_only=True):
    """What ended in one minute, or in some together, with latency histograms."""

    at: datetime
    minutes: int = 1
    succeeded: int = 0
    failed: int = 0
    retried: int = 0
    wait: tuple[int, ...] = ()
    """Count per bucket of :data:`BUCKETS` of the time from due to start."""
    run: tuple[int, ...] = ()
    """Count per bucket of the time from start to end."""
    waited: float = 0.0
    """Seconds from due to start, all together. Only written, for the totals; what is read says 0."""
    ran: float = 0.0


BUCKETS = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
    *(20.0, 60.0, 120.0, 300.0, 900.0, 3600.0, float("inf")),
)
"""Upper bounds of the latency histogram's buckets, in seconds."""


class ServerHealth(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """RabbitMQ, Redis, or what is embedded in their place."""
    ok: bool
    version: str = ""
    latency: float | None = None
    """Seconds of one round trip."""
    detail: str = ""
    """What is wrong, and what it means."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    broker: ServerHealth
    store: ServerHealth
    leader: str | None
    outbox: int | None
    """Records whose message is not yet confirmed."""


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """Something under this key changed. Look again; a hint holds no data."""

    kind: Literal["job", "worker", "queue", "group", "schedule", "all"]
    id: str = ""
