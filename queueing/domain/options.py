"""What a producer may ask for, per job. Every option that is accepted is honoured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import msgspec
from msgspec.structs import force_setattr

from queueing.domain import backoff as backoffs
from queueing.domain.backoff import Strategy
from queueing.domain.jsontext import MAX_DEPTH, not_finite, too_deep
from queueing.domain.quoting import quoted
from queueing.domain.saying import number, say
from queueing.errors import InvalidOptions

DAY: Final = 86_400.0
LONGEST_DELAY: Final = 366 * DAY
MAX_TAGS: Final = 16
MAX_TAG: Final = 64
MAX_META: Final = 65_536
"""Bytes of JSON. Options travel with every message and lie in every record."""


_plain: JobOptions | None = None
"""Those that nobody has changed."""


class JobOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Durations are seconds (int or float) or a timedelta; times are aware datetimes."""

    max_attempts: int = 3
    """Runs in all, the first included."""
    backoff: Strategy = backoffs.DEFAULT
    """The wait before the next attempt."""
    delay: float | None = None
    """Seconds from ``add`` until the job may start. Not together with ``run_at``."""
    run_at: datetime | None = None
    """When the job may start."""
    timeout: float | None = None
    """Seconds that one attempt may take; then it counts as failed."""
    expires_at: datetime | None = None
    """A job whose next attempt has not started by then, by Redis' clock, is failed instead of run."""
    priority: int | None = None
    """0 to 9, higher goes first, where the queue has priorities."""
    unique_key: str | None = None
    """While a job with this key waits or runs, or for ``unique_for``, ``add`` returns that job's id. Free at once where
    that job is discarded."""
    unique_for: float | None = None
    """Seconds that ``unique_key`` is held, counted from ``add``. None: until the job ends."""
    tags: tuple[str, ...] = ()
    """Words to find the job by."""
    retention: float | None = None
    """Seconds that the record is kept after the job ends. None: as configured for its state."""
    meta: dict[str, Any] = {}
    """JSON that travels with the job and is not passed to the handler's payload."""

    def __post_init__(self) -> None:
        # As nearly always; every message and every record that is read makes options.
        if self == _plain and type(self.max_attempts) is int:
            return
        for name in ("delay", "timeout", "unique_for", "retention"):
            force_setattr(self, name, _seconds(name, getattr(self, name)))
        _check_integer("max_attempts", self.max_attempts, 1, 10_000)
        if self.priority is not None:
            _check_integer("priority", self.priority, 0, 9)
        for name in ("run_at", "expires_at"):
            force_setattr(self, name, _moment(name, getattr(self, name)))
        if self.delay is not None and self.run_at is not None:
            raise InvalidOptions(say("Give delay or run_at, not both."))
        if self.timeout == 0:
            raise InvalidOptions(say("timeout must be more than 0 seconds; leave it out for no limit."))
        if self.unique_for is not None and self.unique_key is None:
            raise InvalidOptions(say("unique_for needs a unique_key."))
        _check_unique_key(self.unique_key)
        _check_tags(self)
        _check_meta(self.meta)
        if not isinstance(self.backoff, Strategy):
            raise InvalidOptions(
                say("backoff must be one of Backoff's, as Backoff.fixed(5), not %(value)s.", value=quoted(self.backoff))
            )
        backoffs.check(self.backoff)


_FIELDS: Final = frozenset(JobOptions.__struct_fields__)


Options: TypeAlias = JobOptions | Mapping[str, Any]
"""All options, or a few that change the job type's own."""


def changed(base: JobOptions, changes: Options | None) -> JobOptions:
    """What ``changes`` makes of ``base``: a mapping changes what it names; JobOptions replace the whole.

    Raises InvalidOptions; for a name that is not an option, with the known ones.
    """
    if changes is None:
        return base
    if isinstance(changes, JobOptions):
        return changes
    if not isinstance(changes, Mapping):
        raise InvalidOptions(say("Options must be JobOptions or a mapping, not %(kind)s.", kind=type(changes).__name__))
    unknown = {str(name) for name in changes} - _FIELDS
    if unknown:
        raise InvalidOptions(
            say(
                "Unknown option %(unknown)s. Known: %(known)s.",
                unknown=", ".join(sorted(unknown)), known=", ".join(sorted(_FIELDS)),
            )
        )  # fmt: skip
    return JobOptions(**(msgspec.structs.asdict(base) | dict(changes)))


def _seconds(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise InvalidOptions(
            say("%(name)s must be seconds or a timedelta, not %(value)s.", name=name, value=quoted(value))
        )
    if not 0 <= value <= LONGEST_DELAY:
        raise InvalidOptions(
            say("%(name)s must be between 0 seconds and 366 days, not %(value)s.", name=name, value=quoted(value))
        )
    return float(value)


def _check_integer(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidOptions(
            say(
                "%(name)s must be an integer from %(low)s to %(high)s, not %(value)s.",
                name=name, low=number(low), high=number(high), value=quoted(value),
            )
        )  # fmt: skip


def _moment(name: str, value: Any) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidOptions(
            say(
                "%(name)s must be an aware datetime, as from django.utils.timezone.now(), not %(value)s.",
                name=name, value=quoted(value),
            )
        )  # fmt: skip
    try:
        return value.astimezone(UTC)
    except OverflowError as beyond:
        raise InvalidOptions(
            say("%(name)s must lie in the years 1 to 9999 in UTC, not %(value)s.", name=name, value=str(value))
        ) from beyond


def _check_unique_key(key: Any) -> None:
    if key is None:
        return
    if not isinstance(key, str) or not 0 < len(key.encode(errors="replace")) <= 256 or not _is_utf8(key):
        raise InvalidOptions(say("unique_key must be text of 1 to 256 bytes, not %(value)s.", value=quoted(key)))


def _is_utf8(text: str) -> bool:
    """Lone surrogates are not."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _check_meta(meta: Any) -> None:
    """What cannot be written would stop the claim, and what cannot be read again every look at the record."""
    if not isinstance(meta, dict):
        raise InvalidOptions(say("meta must be an object, not %(kind)s.", kind=type(meta).__name__))
    if not meta:
        return
    if not all(isinstance(key, str) for key in meta):
        raise InvalidOptions(say("meta must have strings for keys."))
    try:
        text = msgspec.json.encode(meta)
        # As records are written, which takes no integer over 64 bits.
        msgspec.msgpack.encode(meta)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as wrong:
        raise InvalidOptions(say("%(what)s is not JSON: %(error)s", what="meta", error=str(wrong))) from wrong
    if b"null" in text and (lost := not_finite(meta)):
        raise InvalidOptions(
            say("%(what)s is not JSON: it has %(lost)s. Give None or text instead.", what="meta", lost=lost)
        )
    if too_deep(text):
        raise InvalidOptions(say("meta is nested deeper than %(levels)s levels.", levels=number(MAX_DEPTH)))
    if len(text) > MAX_META:
        raise InvalidOptions(
            say("meta is %(size)s bytes of JSON; the limit is %(most)s.", size=number(len(text)), most=number(MAX_META))
        )


def _check_tags(options: JobOptions) -> None:
    tags = options.tags
    if not isinstance(tags, list | tuple | set | frozenset) or not all(isinstance(tag, str) for tag in tags):
        raise InvalidOptions(say("tags must be a list of strings."))
    force_setattr(options, "tags", tuple(tags))
    if len(tags) > MAX_TAGS:
        raise InvalidOptions(
            say("A job takes %(most)s tags at most, not %(count)s.", most=number(MAX_TAGS), count=number(len(tags)))
        )
    for tag in tags:
        if not tag or not tag.isprintable() or " " in tag or "," in tag or len(tag.encode(errors="replace")) > MAX_TAG:
            raise InvalidOptions(
                say(
                    "%(tag)s cannot be a tag: use 1 to %(most)s bytes of printable text without spaces or commas.",
                    tag=repr(tag), most=number(MAX_TAG),
                )
            )  # fmt: skip


_plain = JobOptions()
