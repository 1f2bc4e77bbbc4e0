"""A job as it was asked for, and as it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec

from queueing.domain.options import JobOptions
from queueing.domain.states import JobState


class JobRef(NamedTuple):
    """One life of a job: its id, and the epoch that a message must carry to be its message."""

    id: str
    epoch: int


class JobSpec(msgspec.Struct, frozen=True, kw_only=True):
    """The part that never changes."""

    id: str
    queue: str
    type: str
    payload: bytes
    """JSON text; for ``encoding="raw"`` the bytes of a message that could not be read."""
    options: JobOptions = JobOptions()
    created_at: datetime
    created_by: str = ""
    """Who or what enqueued it: ``console:mira``, ``web-02``, ``foreign``."""
    origin: str | None = None
    """The job this one was made from, by *edit and enqueue*."""
    encoding: Literal["json", "raw"] = "json"


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    done: float
    total: float | None = None
    note: str = ""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One frame of a traceback, with the source around it."""

    file: str
    line: int
    function: str
    ours: bool
    """False for the standard library and installed packages."""
    source: tuple[str, ...] = ()
    """Lines of code; the one at ``line`` is ``source[line - first_line]``."""
    first_line: int = 0


class ErrorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An exception as data: what the console shows and groups."""

    kind: str
    """The qualified class, ``httpx.ConnectTimeout``; for our own verdicts a word: ``WorkerLost``."""
    message: str
    frames: tuple[Frame, ...] = ()
    """Outermost first, bounded."""
    fingerprint: str = ""
    headers: dict[str, Any] = {}
    """Of a message that is no job, or that the broker dead-lettered by itself: JSON values, ``x-death`` among them. See
    :func:`queueing.domain.headers.legible`."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    epoch: int
    worker: str
    started_at: datetime
    ended_at: datetime
    outcome: JobState
    """What the job became: succeeded, retrying, failed, cancelled, or queued when handed back."""
    error: ErrorInfo | None = None
    queued_at: datetime | None = None
    """Since when it had been waiting for this attempt."""


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    level: str
    text: str
    attempt: int = 0


class JobSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows. Never holds the payload."""

    id: str
    queue: str
    type: str
    state: JobState
    epoch: int
    version: int
    """Counts every change of the record, progress included."""
    attempt: int
    """Attempts begun in this epoch's life; reset by a replay."""
    max_attempts: int
    created_at: datetime
    due_at: datetime | None = None
    """When it may start (scheduled, retrying), or since when it waits (queued)."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    worker: str | None = None
    progress: Progress | None = None
    error_kind: str | None = None
    error_message: str | None = None
    """The start of it, 60 bytes or so; the whole is in :class:`JobRecord`."""
    note: str | None = None
    """A line of a list: the start of the result, or who cancelled."""
    tags: tuple[str, ...] = ()
    cancel_requested: bool = False
    limited_by: Literal["type", "queue"] | None = None
    """It stands in the line of its type's or its queue's limit."""
    turn_at: datetime | None = None
    """When it may start, by the rate of its type or queue. A moment that has passed: its message is on its way."""
    losses: int = 0
    """Workers that were lost with it, in a row."""
    comebacks: int = 0
    """Of a failed job: how often in a row it was replayed and failed again with the same kind of error."""
    unconfirmed: bool = False
    """Its message is not yet confirmed by the broker: it rests in the outbox."""


class JobRecord(JobSummary, frozen=True, kw_only=True):
    """Everything about one job."""

    spec: JobSpec
    result: bytes | None = None
    """JSON text of what the handler returned."""
    error: ErrorInfo | None = None
    attempts: tuple[Attempt, ...] = ()
    """Oldest first, bounded; ended attempts only."""
    log: tuple[LogLine, ...] = ()
    """Oldest first, bounded."""
    group: str = ""
    """The failure group of its last failure, once that is filed."""

    @property
    def payload(self) -> bytes:
        return self.spec.payload

    @property
    def options(self) -> JobOptions:
        return self.spec.options
