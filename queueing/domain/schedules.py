"""A job that is added again and again: what it is, when, and what becomes of ticks that were missed or that overlap."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import force_setattr

from queueing.domain.absence import count, last
from queueing.domain.job import JobSpec
from queueing.domain.names import check_queue, check_type, is_id
from queueing.domain.options import JobOptions
from queueing.domain.quoting import quoted
from queueing.domain.saying import number, say
from queueing.domain.states import JobState
from queueing.domain.timing import Cron, Every, Timing, next_tick
from queueing.errors import InvalidSchedule

PUNCTUAL: Final = timedelta(seconds=60)
"""A tick that is noticed this late still counts as on time: so long may a leader be replaced, or Redis restart."""
MOST: Final = 100
"""Missed ticks that are made up for; the oldest beyond that are left out."""
LEASE: Final = 300.0
"""Seconds that a schedule of the code is fired after a worker has last declared it."""
KEPT: Final = 100
"""Firings in a schedule's history."""
MAX_NAME: Final = 100
_IDS: Final = uuid.UUID("6b2f8a54-3f0e-4bb5-9f1e-6f4f6c7f2f10")

Source = Literal["code", "console"]


class CatchUp(StrEnum):
    """What becomes of ticks that passed while nobody could fire them."""

    SKIP = "skip"
    """They are left out; the next one comes at its time."""
    LATEST = "latest"
    """The last of them is made up for, once."""
    ALL = "all"
    """Each is made up for, up to a hundred."""


class Overlap(StrEnum):
    """What becomes of a tick whose predecessor's job has not ended."""

    ALLOW = "allow"
    SKIP = "skip"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What :func:`cron` and :func:`every` return: a schedule that waits for its job type."""

    timing: Timing
    name: str = ""
    """As the console shows it. Left out: the job type's name."""
    payload: Any = None
    catch_up: CatchUp = CatchUp.LATEST
    overlap: Overlap = Overlap.ALLOW


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that it takes to add its jobs, whether or not this process knows their type."""

    name: str
    type: str
    queue: str
    timing: Timing
    payload: bytes = b"{}"
    """JSON text."""
    options: JobOptions = JobOptions()
    catch_up: CatchUp = CatchUp.LATEST
    overlap: Overlap = Overlap.ALLOW
    source: Source = "code"
    """Who declares it: the code of a worker, or the console from its database."""

    def __post_init__(self) -> None:
        check_name(self.name)
        check_type(self.type)
        check_queue(self.queue)
        force_setattr(self, "catch_up", _policy(CatchUp, "catch_up", self.catch_up))
        force_setattr(self, "overlap", _policy(Overlap, "overlap", self.overlap))
        if self.options.run_at is not None or self.options.expires_at is not None:
            raise InvalidSchedule(
                say("%(name)s: run_at and expires_at are moments, and a schedule comes again.", name=self.name)
            )

    def job(self, job_id: str, now: datetime) -> JobSpec:
        return JobSpec(
            id=job_id,
            queue=self.queue,
            type=self.type,
            payload=self.payload,
            options=self.options,
            created_at=now,
            created_by=f"schedule:{self.name}",
        )

    def job_at(self, tick: datetime, now: datetime) -> JobSpec:
        """The job of a tick, under the one id that it can have."""
        return self.job(job_id(self.name, tick), now)


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule whose time has come."""

    schedule: Schedule
    due_at: datetime
    now: datetime
    """By the store's clock."""
    version: int
    """Of its declaration; one that was changed meanwhile is not fired."""


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """What a leader makes of a due schedule."""

    ticks: tuple[datetime, ...]
    """To be fired now, oldest first."""
    missed: int
    """Left out, by the catch-up policy."""
    next_at: datetime


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a schedule's history."""

    tick: datetime
    at: datetime
    """When it was noticed."""
    kind: Literal["fired", "manual", "overlap", "missed"]
    """fired: at its tick, or made up for. manual: somebody asked for it. overlap: not added, the job before still ran.
    missed: ticks that were left out because nobody could fire them in time."""
    job: str = ""
    missed: int = 0
    by: str = ""
    state: JobState | None = None
    """Of its job, as it stands or as it ended. None: it is not known any more."""
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def took(self) -> float | None:
        """Seconds."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


class ScheduleStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule as it stands in the store."""

    schedule: Schedule
    declared_at: datetime
    due_at: datetime
    paused: bool = False
    paused_by: str = ""
    paused_at: datetime | None = None
    lapsed: bool = False
    """It is the code's, and for some minutes no worker has declared it: it is not fired until one does."""
    firings: tuple[Firing, ...] = ()
    """Newest first."""

    @property
    def name(self) -> str:
        return self.schedule.name

    @property
    def fires(self) -> bool:
        return not self.paused and not self.lapsed


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    taken: tuple[str, ...] = ()
    """Names that were not declared: the other source has a schedule of that name."""


def cron(
    expression: str,
    tz: str = "UTC",
    *,
    name: str = "",
    payload: Any = None,
    catch_up: CatchUp | str = CatchUp.LATEST,
    overlap: Overlap | str = Overlap.ALLOW,
) -> Plan:
    """By the clock in ``tz``: ``cron("30 2 * * *", tz="Europe/Berlin")``. Raises InvalidSchedule."""
    return _plan(Cron(expression, tz), name, payload, catch_up, overlap)


def every(
    seconds: float | timedelta,
    *,
    name: str = "",
    payload: Any = None,
    catch_up: CatchUp | str = CatchUp.LATEST,
    overlap: Overlap | str = Overlap.ALLOW,
) -> Plan:
    """At the multiples of so many whole seconds since 1970. Raises InvalidSchedule."""
    return _plan(Every(seconds), name, payload, catch_up, overlap)  # type: ignore[arg-type]  # it makes seconds of it


def _plan(timing: Timing, name: str, payload: Any, catch_up: CatchUp | str, overlap: Overlap | str) -> Plan:
    if name:
        check_name(name)
    return Plan(
        timing=timing,
        name=name,
        payload=payload,
        catch_up=_policy(CatchUp, "catch_up", catch_up),
        overlap=_policy(Overlap, "overlap", overlap),
    )


def _policy(kind: Any, word: str, value: object) -> Any:
    try:
        return kind(value)
    except ValueError as unknown:
        raise InvalidSchedule(
            say("%(name)s is one of %(known)s, not %(value)s.", name=word, known=", ".join(kind), value=quoted(value))
        ) from unknown


def check_name(name: object) -> str:
    """It stands in URLs and in ids of jobs."""
    if (
        not isinstance(name, str)
        or not 0 < len(name) <= MAX_NAME
        or not name.isprintable()
        or {" ", "/"} & set(name)
        or name in (".", "..")
    ):
        raise InvalidSchedule(
            say(
                "%(name)s cannot be a schedule: use 1 to %(most)s printable characters without spaces and slashes.",
                name=quoted(name), most=number(MAX_NAME),
            )
        )  # fmt: skip
    return name


def job_id(name: str, tick: datetime) -> str:
    """``nightly@20261124T013000Z``; a digest where that is too long for an id."""
    readable = f"{name}@{tick.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return readable if is_id(readable) else str(uuid.uuid5(_IDS, readable))


def pass_over(due: Due) -> Pass:
    """Which ticks from ``due_at`` on are fired now, by the catch-up policy, and when the next comes."""
    timing, first, now = due.schedule.timing, due.due_at, due.now
    total = 1 + count(timing, first, now)
    wanted = [first, *last(timing, first, now, MOST)][-MOST:]
    match due.schedule.catch_up:
        case CatchUp.LATEST:
            wanted = wanted[-1:]
        case CatchUp.SKIP:
            wanted = [tick for tick in wanted[-1:] if now - tick <= PUNCTUAL]
    return Pass(ticks=tuple(wanted), missed=total - len(wanted), next_at=next_tick(timing, max(first, now)))
