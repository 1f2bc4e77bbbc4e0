"""Failures that are alike, as one group: the same job type, exception, place in the application, and message but for
what varies in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from queueing.domain.job import ErrorInfo, Frame

PATTERN: Final = 200
"""Characters of a message that count."""
_READ: Final = 500
_SAYS_NOTHING: Final = frozenset({"WorkerLost", "Expired"})
"""Verdicts of ours whose message names but the worker, or nothing."""

_VARYING: Final = (
    (r"(?<!\w)'[^'\n]*'(?!\w)|\"[^\"\n]*\"|`[^`\n]*`|“[^”\n]*”", "<text>"),
    (r"[a-z][a-z0-9+.-]*://[^\s,;)\]}>]+", "<url>"),
    (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*", "<address>"),
    (r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", "<id>"),
    (r"(?<![\w/.])(?:~|\.{1,2}|[a-z]:)?(?:[/\\][\w.@+-]+){2,}[/\\]?", "<path>"),
    (r"\b0x[0-9a-f]+\b|\b(?=[a-f]*[0-9])[0-9a-f]{8,}\b", "<n>"),
    (r"\d+(?:[.,:_-]\d+)*", "<n>"),
)
_ANY: Final = re.compile("|".join(f"({pattern})" for pattern, _ in _VARYING), re.IGNORECASE)
_NAMES: Final = tuple(name for _, name in _VARYING)


def pattern(message: str) -> str:
    """The first line of a message with what varies replaced: ``no answer in <n> s from <url>``."""
    line = message.strip().partition("\n")[0][:_READ]
    named = _ANY.sub(lambda match: _NAMES[(match.lastindex or 1) - 1], line)
    return " ".join(named.split())[:PATTERN]


def innermost(frames: Sequence[Frame]) -> Frame | None:
    """Where the application was: the innermost frame that is not a library's."""
    return next((frame for frame in reversed(frames) if frame.ours), None)


def fingerprint(kind: str, message: str, frames: Sequence[Frame] = ()) -> str:
    """The line does not count, so that an edit above it makes no new failure."""
    ours = innermost(frames)
    place = f"{ours.file}:{ours.function}" if ours else ""
    return _digest(kind, place, "" if kind in _SAYS_NOTHING else pattern(message))


def group_of(job_type: str, error: ErrorInfo) -> str:
    """The id of its group."""
    return _digest(job_type, error.fingerprint or fingerprint(error.kind, error.message, error.frames))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:16]


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One job that has failed, on its way into its group."""

    id: str
    queue: str
    type: str
    failed_at: datetime
    error: ErrorInfo
    """Without frames; where the record holds no fingerprint, that is empty and the message is cut."""


class Unfiled(msgspec.Struct, frozen=True, kw_only=True):
    """The failures after ``since``, up to ``until``: all that there are in between."""

    since: int
    until: int
    failures: tuple[Failure, ...]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One job of a group that stands for all."""

    job: str
    error: ErrorInfo


class Filing(msgspec.Struct, frozen=True, kw_only=True):
    """Failures of one group. ``sample`` replaces the one before."""

    group: str
    type: str
    failures: tuple[Failure, ...]
    sample: Sample | None = None


Standing: TypeAlias = Literal["open", "muted", "quiet"]


class FailureGroup(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    type: str
    kind: str
    place: str = ""
    """Of the sample: ``shop/mail.py:12 send``. Empty before any handler, or where only libraries were."""
    message: str = ""
    """The start of the sample's."""
    pattern: str = ""
    job: str = ""
    """The sample's id."""
    first_at: datetime
    last_at: datetime
    total: int
    """Failures ever, those that were retried since among them."""
    open: int
    """Jobs that are failed now."""
    queues: tuple[str, ...] = ()
    muted: bool = False
    """Somebody said so; see :meth:`is_muted`."""
    muted_until: datetime | None = None
    """None: until it is unmuted."""
    muted_by: str = ""
    note: str = ""
    note_by: str = ""
    note_at: datetime | None = None

    def is_muted(self, now: datetime) -> bool:
        return self.muted and (self.muted_until is None or now < self.muted_until)

    def stands(self, now: datetime) -> Standing:
        return "muted" if self.is_muted(now) else "open" if self.open else "quiet"


class Deploy(NamedTuple):
    """The newest release that a worker has run, and since when."""

    release: str
    at: datetime


def chief(groups: Sequence[FailureGroup], trends: Sequence[Sequence[int]], *, now: datetime) -> FailureGroup | None:
    """The open group that most of what failed lately is in, if there is one. ``trends``: of each, failures an hour, the
    present one last."""
    lately = {group.id: sum(hours[-RECENT:]) for group, hours in zip(groups, trends, strict=True)}
    top = max(groups, key=lambda group: lately[group.id], default=None)
    if top is None or top.stands(now) != "open" or lately[top.id] * 2 <= sum(lately.values()):
        return None
    return top


FRESH: Final = timedelta(hours=24)


def is_new(group: FailureGroup, deploy: Deploy | None, *, now: datetime) -> bool:
    """First seen since the last deploy; where none is known, within a day."""
    return group.first_at >= (deploy.at if deploy else now - FRESH)


LEAST: Final = 5
RISING: Final = 3
RECENT: Final = 2
"""Hours."""


def rises(hours: Sequence[int]) -> bool:
    """The last two hours against the ones before: a steady failure is drawn calmly."""
    recent, before = sum(hours[-RECENT:]), hours[:-RECENT]
    usual = sum(before) / len(before) if before else 0.0
    return recent >= LEAST and recent / RECENT > RISING * usual
