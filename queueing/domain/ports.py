"""What an engine must offer: a Broker that carries messages, a JobStore that keeps records.

An adapter is done when it passes ``tests/contracts``. Methods that take several items answer in the same order,
one answer an item, so that concurrent jobs can share a round trip. All adapters are bound to the event loop that
connected them. Everything raises BrokerUnavailable or StoreUnavailable within a bounded time when the server is away.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Final, Protocol, TypeAlias

import msgspec

from queueing.domain.failures import Deploy, FailureGroup, Filing, Unfiled
from queueing.domain.figures import LaneTotals
from queueing.domain.findings import Finding
from queueing.domain.job import Attempt, ErrorInfo, JobRecord, JobRef, JobSpec, JobSummary, LogLine, Progress
from queueing.domain.limits import Limit, Scope
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
from queueing.domain.schedules import Declared, Due, Pass, Schedule, ScheduleStatus, Source
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
    returned: int
    """How often it came back to the broker unsettled, where the broker counts that against a limit; else 0."""

    async def ack(self) -> None:
        """It is dealt with; the broker forgets it."""

    async def release(self) -> None:
        """Hand it back: the broker gives it to another consumer."""


OnDelivery: TypeAlias = Callable[[Delivery], None]
"""Called on the event loop for each message; must only enqueue."""


class Subscription(Protocol):
    async def set_prefetch(self, count: int) -> None:
        """How many unsettled messages this consumer may hold. 0: it takes none, and a message that it releases
        goes to others; what is unsettled can still be settled."""

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


Keep: TypeAlias = Callable[[Sequence[DeadLetter]], Awaitable[Sequence[bool]]]
"""Whether each stays."""


class BrokerCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    priorities: bool
    max_message: int
    """Bytes."""
    steps: tuple[float, ...] = ()
    """How long a message waits in each step of the delay ladder, in seconds, shortest first. Empty: there is none."""


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

    async def waiting(self) -> list[int | None]:
        """Messages in each of ``capabilities.steps``, of all queues. None: the step does not exist there yet.
        May be left out: only a page of the console asks."""

    async def sweep_dead(self, queue: str, keep: Keep, *, limit: int) -> int:
        """Show ``keep`` up to ``limit`` dead letters, oldest first, some at a time; remove those it answers False for,
        leave the others as they were. Returns how many were removed."""

    async def purge(self, queue: str) -> int:
        """Remove all ready messages of the queue; returns how many. Records are the caller's to settle."""

    async def delete(self, queue: str) -> None:
        """Remove the queue and its dead-letter queue from the broker, with what is in them."""

    async def health(self) -> ServerHealth:
        """Never raises."""

    async def diagnose(self, queues: Sequence[str]) -> list[Finding]:
        """What is wrong with the server for these queues. Changes nothing."""


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
    """early, held, paused, limited, or suspect: it was lost with its worker before, and this worker tries another such
    job just now."""


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
    released: tuple[JobRef, ...] = ()
    """Jobs that waited for a limit and may start now. Outbox entries await their messages too; publish them at once."""


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


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Makes an act repeatable: the same act on the same jobs under the same name does nothing and answers as it did the
    first time, for a day at least. A job whose last run ended after ``frozen_at`` is refused: it is not the one that
    was chosen."""

    name: str
    frozen_at: datetime


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What the console tells a worker."""

    kind: str
    """cancel (``value`` is the job's id), quiet, resume, stop, concurrency (``value`` is the number), dump."""
    value: str = ""


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    known: bool
    """False: the worker's key had run out, so others may have taken its jobs. The worker must fence itself."""
    now: datetime
    commands: tuple[Command, ...] = ()
    paused: frozenset[str] = frozenset()
    """Which of the worker's queues are paused."""


class QueueFlags(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    paused: bool = False
    paused_by: str = ""


class ScheduleStore(Protocol):
    """What is declared again after a loss: schedules, and with them when each comes due next."""

    async def declare_schedules(
        self,
        schedules: Sequence[Schedule],
        *,
        source: Source,
        at: datetime | None = None,
        retire: Collection[str] | None = (),
    ) -> Declared:
        """Put schedules in force. One that is there keeps when it comes due, unless its timing is another.

        Answers when, as ``declare_limits`` does: declared again with that as ``at``, what somebody declared or removed
        later stays. ``retire``: the other schedules of this source for these job types go; None: all others do.
        """

    async def knows_schedules(self, source: Source) -> bool:
        """Whether a whole set of that source (``retire=None``) was declared since the store was last empty."""

    async def due_schedules(self, *, limit: int, lease: float) -> list[Due]:
        """Those whose time has come, longest due first; without paused ones, and without those of the code that no
        worker has declared for ``lease`` seconds."""

    async def fire(self, due: Due, found: Pass) -> list[Added] | None:
        """Add the jobs of the ticks and move on to the next, in one step; outbox entries await the messages.

        None, and nothing is written, where the schedule was fired, changed or paused since ``due`` was read. A tick
        whose job exists, or is left out because the one before still runs, adds none and answers nothing.
        """

    async def fire_now(self, name: str, spec: JobSpec, *, by: str) -> Added | None:
        """Beside its ticks. None: there is no such schedule."""

    async def note_runs(self, *, limit: int) -> int:
        """Keep with schedules how their jobs ended, before the records go. Returns how many had ended."""

    async def pause_schedule(self, name: str, *, paused: bool, by: str, next_at: datetime | None = None) -> bool:
        """Ticks that pass meanwhile are left out: resumed, it goes on at ``next_at``. False: there is no such one."""

    async def remove_schedule(self, name: str) -> bool: ...

    async def schedules(self, *, firings: int) -> list[ScheduleStatus]:
        """All, next due first, each with so many of its last firings."""

    async def count_schedules(self) -> int: ...

    async def schedule(self, name: str, *, firings: int) -> ScheduleStatus | None: ...


class JobStore(ScheduleStore, Protocol):
    """Every transition is atomic, checks the state, epoch or token it starts from, and moves the job's index entry
    with it. Time is the store's clock."""

    @property
    def clock(self) -> Clock:
        """The store's time as far as it is known here: from the last heartbeat or ``tune_clock``."""

    async def tune_clock(self) -> None:
        """Learn the store's time where it was not learned within the last minute."""

    async def connect(self) -> None: ...

    async def close(self) -> None: ...

    # producing
    async def add(self, specs: Sequence[JobSpec]) -> list[Added]:
        """Write the records and their outbox entries, all at epoch 1, as queued or scheduled."""

    async def confirm(self, refs: Sequence[JobRef]) -> None:
        """Their messages are confirmed: the outbox entries go."""

    # running
    async def claim(self, messages: Sequence[Incoming], *, worker: str, to_settle: bool = False) -> list[Verdict]:
        """Take the jobs of these messages for ``worker``. A missing record is rebuilt from its message.

        A job that is running is Park("held") while its worker is alive; else it is claimed anew, and the lost
        attempt is recorded (WorkerLost), or it is Buried when it has no attempts left.

        A job whose type or queue is at its limit is Park("limited"): it stands in a line, from which the end of another
        job, or ``let_out``, lets it out as a new life; or it has a turn, and is parked until then.

        ``to_settle``: the attempt has been made, or never will be, and only its outcome is to be written. Limits, a
        pause, the time at which it is due or expires, and attempts that are used up do not keep it from that.
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

    async def declare_limits(self, limits: Mapping[Scope, Limit | None], *, since: datetime | None = None) -> datetime:
        """Put limits in force, or, by None, out of it; scopes that are not named stay as they are.

        Answers when. With that as ``since`` they are declared again, in case that the store has lost them: what was
        declared later stays.
        """

    async def fix_limit(self, scope: Scope, limit: Limit | None, *, by: str) -> None:
        """Put a limit in force, or by None none, which no declaration overrules until it is freed."""

    async def free_limit(self, scope: Scope) -> None:
        """What is declared is in force again, as soon as somebody declares it again."""

    async def forget_worker(self, worker: str) -> None:
        """The worker is dead: its key goes at once, so that its jobs can be claimed."""

    async def keep_dump(self, worker: str, text: str, *, ttl: float) -> None:
        """What a worker was doing, for the console to show later."""

    async def dump(self, worker: str) -> str | None: ...

    async def lead(self, worker: str, *, ttl: float) -> bool:
        """Become or remain the one leader."""

    async def resign(self, worker: str) -> None: ...

    async def count(self, minute: Minute, *, queue: str, type: str) -> None:
        """Add to the metrics of the present minute."""

    # the leader's chores: each does at most ``limit``
    async def promote(self, *, limit: int) -> int:
        """Show due scheduled and retrying jobs as queued."""

    async def expire(self, *, limit: int) -> list[JobRef]:
        """Jobs that wait past their expiry: failed, with a new epoch and an outbox entry. Their messages are stale."""

    async def recall(self, *, limit: int) -> list[JobRef]:
        """Jobs whose message came back while their worker was alive, which has died since: as ``rescue``, but at once,
        for the broker has delivered them again already, and was told to wait."""

    async def rescue(self, *, older_than: float, limit: int) -> list[JobRef]:
        """Running jobs of dead workers, ``older_than`` seconds after they were last seen, and those that a live worker
        has held for longer than that and does not name as running in its beats: back to queued with a new epoch and
        an outbox entry, or failed when no attempts are left."""

    async def let_out(self, *, limit: int) -> list[JobRef]:
        """Jobs that stand in a line and may start now: a new epoch each, and an outbox entry."""

    async def unconfirmed(self, *, older_than: float, limit: int, skip: int = 0) -> list[JobRef]:
        """Outbox entries older than that, oldest first, without the first ``skip``."""

    async def trim(self, *, limit: int) -> int:
        """Delete records whose retention has ended. Returns how many it went through; fewer than ``limit``: there are
        no more. One that was replayed or discarded meanwhile counts too."""

    async def unfiled(self, *, limit: int) -> Unfiled:
        """Jobs that have failed since the last filing, oldest first; about ``limit`` of them."""

    async def file(self, unfiled: Unfiled, filings: Sequence[Filing]) -> bool:
        """Put all of ``unfiled`` into their groups. False, and nothing written, where somebody else has filed since
        they were read: each failure counts once."""

    async def trim_groups(self, *, older_than: float, most: int) -> int:
        """Forget groups that have not been seen for so many seconds and hold no failed job; and the longest unseen
        where there are more than ``most``. Returns how many went."""

    async def note_release(self, release: str) -> None:
        """A worker runs it. The first time counts."""

    # operating
    async def mute_group(self, group: str, *, seconds: float | None, by: str) -> bool:
        """For so many seconds, or until it is unmuted (None). False: there is no such group."""

    async def unmute_group(self, group: str) -> bool: ...

    async def note_group(self, group: str, text: str, *, by: str) -> bool:
        """Keep a note with it, in place of the one before; an empty one removes it."""

    async def replay(
        self, ids: Sequence[str], *, by: str, receipt: Receipt | None = None, comebacks: int | None = None
    ) -> list[Changed]:
        """Finished jobs back to queued: a new epoch, no attempts used, an outbox entry. Refused are failed jobs that
        have come back ``comebacks`` times or more; by None, none is for that."""

    async def cancel(self, ids: Sequence[str], *, by: str, receipt: Receipt | None = None) -> list[Changed]:
        """Waiting jobs become cancelled with a new epoch; running ones are asked to stop (state stays running),
        and their worker gets a cancel command."""

    async def hasten(self, ids: Sequence[str], *, by: str, receipt: Receipt | None = None) -> list[Changed]:
        """Scheduled and retrying jobs are due now: queued, a new epoch, an outbox entry."""

    async def discard(self, ids: Sequence[str], *, receipt: Receipt | None = None) -> list[Changed]:
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

    async def page(self, wanted: JobFilter, *, cursor: str | None, limit: int, look: int | None = None) -> Page:
        """Where the filter has conditions, a page may be short, even empty, and yet have a cursor to go on from: no
        call looks longer than a moment, nor at more than some ``look`` jobs."""

    async def samples(self, wanted: JobFilter, *, limit: int) -> list[tuple[JobSummary, JobSpec]]:
        """The newest jobs of a filter with what they were asked to do, as many as one answer may hold."""

    async def ids(self, wanted: JobFilter, *, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Ids that match, oldest first, and the cursor to go on from (None: that was all)."""

    async def lanes(self) -> list[LaneCount]:
        """Counts of every (queue, type) pair, including those that are empty now."""

    async def oldest(self, state: JobState, queues: Sequence[str]) -> dict[str, datetime]:
        """Per queue, the earliest index time of that state; queues without such a job are left out."""

    async def due(self, queue: str, bounds: Sequence[float]) -> dict[JobState, list[int]]:
        """How many scheduled and how many retrying jobs of the queue are due when, by seconds from now: before the
        first bound, from each bound until before the next, and from the last one on. Bounds ascend. May be left out, as
        ``Broker.waiting``."""

    async def queues(self) -> list[QueueFlags]: ...

    async def limits(self) -> dict[Scope, Limit]:
        """Those in force."""

    async def fixed_limits(self) -> dict[Scope, str]:
        """Scopes whose limit an operator has fixed, or fixed to none, and who did."""

    async def place_in_line(self, job_id: str, scope: Scope) -> int | None:
        """How many stand before it in the line of that limit. None: it is not in that line."""

    async def workers(self) -> list[WorkerStatus]:
        """Live ones, and for a while those that went without saying so (state "gone")."""

    async def leader(self) -> str | None: ...

    async def outbox_size(self) -> int: ...

    async def minutes(
        self,
        *,
        since: datetime,
        until: datetime,
        queue: str | None = None,
        type: str | None = None,
        step: int = 1,
    ) -> list[Minute]:
        """One entry a minute, oldest first, also for minutes in which nothing happened. None: of all queues, types.
        ``step`` 10 or 60: an entry for as many together, of all queues and types."""

    async def totals(self) -> list[LaneTotals]:
        """What has ended since lanes were first seen, by lane: of at most ``OWN_LANES`` and, as ``OTHER``, of all
        others together. A lane keeps its place while something ends in it, so that no number ever falls; one that was
        idle for ``IDLE`` makes room for a new one."""

    async def census(self, *, most: int) -> tuple[list[LaneCount], int]:
        """Counts of so many (queue, type) pairs, by name, and how many more there are."""

    # failure groups
    async def groups(self) -> list[FailureGroup]:
        """All of them, last seen first."""

    async def group(self, group: str) -> tuple[FailureGroup, ErrorInfo | None] | None:
        """With the sample's whole error."""

    async def open_groups(self) -> int:
        """How many hold failed jobs and are not muted."""

    async def group_trends(self, groups: Sequence[str], *, hours: int) -> list[tuple[int, ...]]:
        """Failures an hour, oldest first; the last hour is the present one. A week is kept."""

    async def group_jobs(self, group: str, *, cursor: str | None, limit: int) -> Page:
        """Its failed jobs, newest first."""

    async def group_ids(self, group: str, *, limit: int) -> list[str]:
        """Ids of its failed jobs, oldest first."""

    async def deploy(self) -> Deploy | None:
        """The last change of release. None where only one was ever seen."""

    async def sequence(self) -> int:
        """A number that every transition raises."""

    def changes(self) -> AsyncIterator[Hint]:
        """Hints, from the moment of the first ``__anext__``. After a reconnect comes ``Hint(kind="all")``.

        Raises NotificationsUnavailable where the server sends none.
        """

    async def health(self) -> ServerHealth:
        """Never raises."""

    async def diagnose(self) -> list[Finding]:
        """What is wrong with the server. Changes nothing."""


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, UTC. This host's time for as long as the store's is not known."""

    def right(self, moment: datetime) -> datetime:
        """What ``now`` told before the store's time was known, put right now that it is; else ``moment`` itself."""


OPTIONAL: Final = frozenset({"waiting", "due"})


def lacking(engine: object, port: type[Broker] | type[JobStore]) -> list[str]:
    """What an engine of somebody else's, or its class, would have to have besides. Of a class only methods are told."""
    members = {
        name: value for base in port.__mro__ if base.__module__ == __name__ for name, value in vars(base).items()
    }
    wanted = {name for name, value in members.items() if callable(value) and not name.startswith("_")} - OPTIONAL
    if not isinstance(engine, type):
        wanted |= {name for name, value in members.items() if isinstance(value, property)} | set(port.__annotations__)
    return sorted(name for name in wanted if not has(engine, name, port))


def has(engine: object, name: str, port: type[Broker] | type[JobStore]) -> bool:
    """Of its own: what inherits from a port has methods that do nothing."""
    found = getattr(engine, name, None)
    return found is not None and getattr(found, "__func__", found) is not getattr(port, name, None)
