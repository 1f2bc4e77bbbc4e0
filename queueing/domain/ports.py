"""What an engine must offer: a Broker that carries messages, a JobStore that keeps records.

An adapter is done when it passes ``tests/contracts``. Methods that take several items answer in the same order,
one answer an item, so that concurrent jobs can share a round trip. All adapters are bound to the event loop that
connected them. Everything raises BrokerUnavailable or StoreUnavailable within a bounded time when the server is away.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Protocol, TypeAlias

import msgspec

from queueing.domain.job import Attempt, ErrorInfo, JobRecord, JobRef, JobSpec, JobSummary, LogLine, Progress
from queueing.domain.message import Incoming
from queueing.domain.reading import (
    Hint,
    JobFilter,
    LaneCount,
    Minute,
    Page,
    QueueDepth,
    ServerHealth,
    WorkerStatus,
)
from queueing.domain.states import JobState

# ---------------------------------------------------------------------------------------------------------------------
# Broker


class Destination(Enum):
    MAIN = "main"
    """The queue itself; after a wait on the delay ladder if the message says so."""
    DEAD = "dead"
    """The queue's dead-letter queue."""


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A message to publish. ``delay`` (seconds) sends it by the largest step of the ladder that is not longer."""

    queue: str
    type: str
    body: bytes
    headers: Mapping[str, Any]
    message_id: str
    destination: Destination = Destination.MAIN
    delay: float = 0.0
    priority: int | None = None
    raw: bool = False
    """The body is not ours: no content type is claimed for it."""


class Delivery(Protocol):
    """A message handed to a consumer, to be settled exactly once. Settling after the channel died is a no-op:
    the broker has already taken the message back."""

    queue: str
    body: bytes
    headers: Mapping[str, Any]
    message_id: str | None
    type: str | None
    timestamp: datetime | None
    redelivered: bool

    async def ack(self) -> None:
        """It is dealt with; the broker forgets it."""

    async def release(self) -> None:
        """Hand it back: the broker gives it to another consumer."""


OnDelivery: TypeAlias = Callable[[Delivery], None]
"""Called on the event loop for each message; must only enqueue."""


class Subscription(Protocol):
    async def set_prefetch(self, count: int) -> None:
        """How many unsettled messages this consumer may hold."""

    async def stop(self) -> None:
        """Take no more; what is unsettled can still be settled."""

    async def close(self) -> None:
        """Stop, and give whatever is unsettled back to the broker."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that rests in a dead-letter queue, as it lies there."""

    queue: str
    body: bytes
    headers: Mapping[str, Any]
    message_id: str | None
    type: str | None
    timestamp: datetime | None


Keep: TypeAlias = Callable[[DeadLetter], Awaitable[bool]]


class BrokerCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    priorities: bool
    max_message: int
    """Bytes."""


class Broker(Protocol):
    capabilities: BrokerCapabilities

    async def connect(self) -> None: ...

    async def close(self) -> None: ...

    async def declare(self, queue: str) -> None:
        """Make the queue, its dead-letter queue and the delay ladder exist. Remembered for each connection.

        Raises QueueArgumentsMismatch, naming the queue, the argument and the remedy.
        """

    async def publish(self, messages: Sequence[Outgoing]) -> list[Exception | None]:
        """Publish all, pipelined, and wait until the broker has confirmed each: None, or the PublishFailed,
        BrokerUnavailable or QueueArgumentsMismatch of that message. Declares queues on demand. Bounded by the publish
        timeout. An error may be shared by several messages."""

    async def consume(self, queue: str, *, prefetch: int, on_delivery: OnDelivery) -> Subscription:
        """Deliver messages until stopped, across reconnects, cancelled consumers and closed channels."""

    async def depth(self, queue: str) -> QueueDepth: ...

    async def sweep_dead(self, queue: str, keep: Keep, *, limit: int) -> int:
        """Show ``keep`` up to ``limit`` dead letters, oldest first; remove those it answers False for, leave the
        others as they were. Returns how many were removed."""

    async def purge(self, queue: str) -> int:
        """Remove all ready messages of the queue; returns how many. Records are the caller's to settle."""

    async def delete(self, queue: str) -> None:
        """Remove the queue and its dead-letter queue from the broker, with what is in them."""

    async def health(self) -> ServerHealth:
        """Never raises."""


# ---------------------------------------------------------------------------------------------------------------------
# Store: adding


class Added(msgspec.Struct, frozen=True, kw_only=True):
    ref: JobRef
    state: JobState
    due_at: datetime
    delay: float
    """Seconds until it is due, by the store's clock."""
    existing: bool = False
    """A job with the same unique key, or the same id, was already there: nothing was written."""


# Store: claiming


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The job is yours: run it. ``token`` proves it at settlement."""

    token: str
    attempt: int
    started_at: datetime
    queued_at: datetime | None
    cancel_requested: bool = False


class Stale(msgspec.Struct, frozen=True):
    """The message is not of the job's present life, or the job is finished: ack and forget."""


class Park(msgspec.Struct, frozen=True, kw_only=True):
    """Not now: send the message round by the ladder for ``delay`` seconds."""

    delay: float
    reason: str
    """early, held, paused or limited."""


class Buried(msgspec.Struct, frozen=True, kw_only=True):
    """It was failed instead of run (expired; its workers were lost too often). ``epoch`` is the dead letter's."""

    epoch: int
    reason: str


Verdict: TypeAlias = Run | Stale | Park | Buried


# Store: settling


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an attempt, written only if ``token`` is still the job's."""

    ref: JobRef
    token: str
    outcome: JobState
    """succeeded, retrying, failed, cancelled; or queued: handed back, and the attempt is not charged."""
    delay: float = 0.0
    """Seconds until the next attempt, for retrying."""
    result: bytes | None = None
    """JSON text, for succeeded."""
    note: str | None = None
    attempt: Attempt | None = None
    log: tuple[LogLine, ...] = ()


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """Written. For retrying, failed and queued an outbox entry awaits the message of ``ref``."""

    ref: JobRef
    due_at: datetime | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """News from a running job, written only if ``token`` is still the job's."""

    ref: JobRef
    token: str
    progress: Progress | None = None
    log: tuple[LogLine, ...] = ()


# Store: operators


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator's act did to one job. ``ref`` has the new epoch; None: there is no such job."""

    ref: JobRef | None
    done: bool
    state: JobState | None
    """After the act."""
    reason: str = ""
    """Why it was refused."""
    queue: str = ""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What the console tells a worker."""

    kind: str
    """cancel (``value`` is the job's id), quiet, resume, stop, concurrency (``value`` is the number)."""
    value: str = ""


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    known: bool
    """False: the worker's key had run out, so others may have taken its jobs. The worker must fence itself."""
    now: datetime
    commands: tuple[Command, ...] = ()


class QueueFlags(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    paused: bool = False
    paused_by: str = ""


class JobStore(Protocol):
    """Every transition is atomic, checks the state, epoch or token it starts from, and moves the job's index entry
    with it. Time is the store's clock."""

    async def connect(self) -> None: ...

    async def close(self) -> None: ...

    # producing
    async def add(self, specs: Sequence[JobSpec]) -> list[Added]:
        """Write the records and their outbox entries, all at epoch 1, as queued or scheduled."""

    async def confirm(self, refs: Sequence[JobRef]) -> None:
        """Their messages are confirmed: the outbox entries go."""

    # running
    async def claim(self, messages: Sequence[Incoming], *, worker: str) -> list[Verdict]:
        """Take the jobs of these messages for ``worker``. A missing record is rebuilt from its message.

        A job that is running is Park("held") while its worker is alive; else it is claimed anew, and the lost
        attempt is recorded (WorkerLost), or it is Buried when it has no attempts left.
        """

    async def bury(self, spec: JobSpec, error: ErrorInfo) -> JobRef | None:
        """Write a failed record for a message that never was a job, with its outbox entry. None: it exists already."""

    async def settle(self, settlements: Sequence[Settlement]) -> list[Settled | None]:
        """End attempts. None: the token is no longer the job's, and nothing was written."""

    async def report(self, reports: Sequence[Report]) -> list[bool]:
        """Progress and log lines. Answers whether the job's cancellation has been asked for."""

    # the worker's own life
    async def beat(self, status: WorkerStatus, *, ttl: float) -> Beat:
        """Renew the worker's key for ``ttl`` seconds and take its commands. The first beat of an id is known.

        A worker beats before it first claims. An id that was told "unknown" begins a new life with its next beat,
        and holds none of the jobs that it took before.
        """

    async def forget_worker(self, worker: str) -> None:
        """The worker is dead: its key goes at once, so that its jobs can be claimed."""

    async def lead(self, worker: str, *, ttl: float) -> bool:
        """Become or remain the one leader."""

    async def resign(self, worker: str) -> None: ...

    async def count(self, minute: Minute, *, queue: str, type: str) -> None:
        """Add to the metrics of the present minute."""

    # the leader's chores: each does at most ``limit``
    async def promote(self, *, limit: int) -> int:
        """Show due scheduled and retrying jobs as queued."""

    async def rescue(self, *, older_than: float, limit: int) -> list[JobRef]:
        """Running jobs of dead workers, ``older_than`` seconds after they were last seen: back to queued with
        a new epoch and an outbox entry, or failed when no attempts are left."""

    async def unconfirmed(self, *, older_than: float, limit: int) -> list[JobRef]:
        """Outbox entries older than that, oldest first."""

    async def trim(self, *, limit: int) -> int:
        """Delete records whose retention has ended."""

    # operating
    async def replay(self, ids: Sequence[str], *, by: str) -> list[Changed]:
        """Finished jobs back to queued: a new epoch, no attempts used, an outbox entry."""

    async def cancel(self, ids: Sequence[str], *, by: str) -> list[Changed]:
        """Waiting jobs become cancelled with a new epoch; running ones are asked to stop (state stays running),
        and their worker gets a cancel command."""

    async def hasten(self, ids: Sequence[str], *, by: str) -> list[Changed]:
        """Scheduled and retrying jobs are due now: queued, a new epoch, an outbox entry."""

    async def discard(self, ids: Sequence[str]) -> list[Changed]:
        """Delete finished jobs' records altogether."""

    async def command(self, worker: str, command: Command) -> None: ...

    async def pause(self, queue: str, *, paused: bool, by: str) -> None: ...

    async def register_queue(self, queue: str) -> None:
        """Make the queue known to the console before its first job."""

    # reading
    async def get(self, job_id: str) -> JobRecord | None: ...

    async def summaries(self, ids: Sequence[str]) -> list[JobSummary | None]: ...

    async def specs(self, refs: Sequence[JobRef]) -> list[tuple[JobSpec, JobSummary] | None]:
        """What is needed to publish a message of these lives again; None where the record has moved on."""

    async def page(self, wanted: JobFilter, *, cursor: str | None, limit: int) -> Page: ...

    async def ids(self, wanted: JobFilter, *, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Ids that match, oldest first, and the cursor to go on from (None: that was all)."""

    async def lanes(self) -> list[LaneCount]:
        """Counts of every (queue, type) pair, including those that are empty now."""

    async def oldest(self, state: JobState, queues: Sequence[str]) -> dict[str, datetime]:
        """Per queue, the earliest index time of that state; queues without such a job are left out."""

    async def queues(self) -> list[QueueFlags]: ...

    async def workers(self) -> list[WorkerStatus]:
        """Live ones, and for a while those that went without saying so (state "gone")."""

    async def leader(self) -> str | None: ...

    async def outbox_size(self) -> int: ...

    async def minutes(
        self, *, since: datetime, until: datetime, queue: str | None = None, type: str | None = None
    ) -> list[Minute]:
        """One entry a minute, oldest first, also for minutes in which nothing happened. None: of all queues, types."""

    async def sequence(self) -> int:
        """A number that every transition raises."""

    def changes(self) -> AsyncIterator[Hint]:
        """Hints, from the moment of the first ``__anext__``. After a reconnect comes ``Hint(kind="all")``.

        Raises NotificationsUnavailable where the server sends none.
        """

    async def health(self) -> ServerHealth:
        """Never raises."""


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, UTC."""

    def monotonic(self) -> float:
        """Seconds."""
