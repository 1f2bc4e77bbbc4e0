"""What a producer may ask for, per job. Every option that is accepted is honoured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

import msgspec
from msgspec.structs import force_setattr

from queueing.domain import backoff as backoffs
from queueing.domain.backoff import Strategy
from queueing.errors import InvalidOptions

DAY: Final = 86_400.0
LONGEST_DELAY: Final = 366 * DAY
MAX_TAGS: Final = 16
MAX_TAG: Final = 64


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
    """A job that has not started by then is failed instead of run."""
    priority: int | None = None
    """0 to 9, higher goes first, where the queue has priorities."""
    unique_key: str | None = None
    """While a job with this key waits or runs, or for ``unique_for``, ``add`` returns that job's id."""
    unique_for: float | None = None
    """Seconds that ``unique_key`` is held, counted from ``add``. None: until the job ends."""
    tags: tuple[str, ...] = ()
    """Words to find the job by."""
    retention: float | None = None
    """Seconds that the record is kept after the job ends. None: as configured for its state."""
    meta: dict[str, Any] = {}
    """JSON that travels with the job and is not passed to the handler's payload."""

    def __post_init__(self) -> None:
        for name in ("delay", "timeout", "unique_for", "retention"):
            force_setattr(self, name, _seconds(name, getattr(self, name)))
        _check_integer("max_attempts", self.max_attempts, 1, 10_000)
        if self.priority is not None:
            _check_integer("priority", self.priority, 0, 9)
        for name in ("run_at", "expires_at"):
            _check_aware(name, getattr(self, name))
        if self.delay is not None and self.run_at is not None:
            raise InvalidOptions("Give delay or run_at, not both.")
        if self.timeout == 0:
            raise InvalidOptions("timeout must be more than 0 seconds; leave it out for no limit.")
        if self.unique_for is not None and self.unique_key is None:
            raise InvalidOptions("unique_for needs a unique_key.")
        if self.unique_key is not None and not 0 < len(self.unique_key.encode(errors="replace")) <= 256:
            raise InvalidOptions("unique_key must be 1 to 256 bytes.")
        _check_tags(self)
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
    unknown = changes.keys() - _FIELDS
    if unknown:
        raise InvalidOptions(f"Unknown option {', '.join(sorted(unknown))}. Known: {', '.join(sorted(_FIELDS))}.")
    return JobOptions(**(msgspec.structs.asdict(base) | dict(changes)))


def _seconds(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidOptions(f"{name} must be seconds or a timedelta, not {value!r}.")
    if not 0 <= value <= LONGEST_DELAY:
        raise InvalidOptions(f"{name} must be between 0 seconds and 366 days, not {value!r}.")
    return float(value)


def _check_integer(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidOptions(f"{name} must be an integer from {low} to {high}, not {value!r}.")


def _check_aware(name: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidOptions(f"{name} must be an aware datetime, as from django.utils.timezone.now(), not {value!r}.")


def _check_tags(options: JobOptions) -> None:
    tags = options.tags
    if isinstance(tags, str) or not all(isinstance(tag, str) for tag in tags):
        raise InvalidOptions("tags must be a list of strings.")
    force_setattr(options, "tags", tuple(tags))
    if len(tags) > MAX_TAGS:
        raise InvalidOptions(f"A job takes {MAX_TAGS} tags at most, not {len(tags)}.")
    for tag in tags:
        if not tag or not tag.isprintable() or " " in tag or "," in tag or len(tag.encode(errors="replace")) > MAX_TAG:
            raise InvalidOptions(
                f"{tag!r} cannot be a tag: use 1 to {MAX_TAG} bytes of printable text without spaces or commas."
            )
