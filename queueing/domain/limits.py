"""How many jobs of a type, or of a queue, may run at a time, and how many may start per period."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec.structs import force_setattr

from queueing.domain.quoting import quoted
from queueing.domain.saying import Figure, Said, listed, number, say
from queueing.errors import InvalidOptions

LONGEST_PERIOD: Final = 366 * 86_400.0
MOST: Final = 1_000_000


class Scope(NamedTuple):
    """What a limit counts together."""

    kind: Literal["type", "queue"]
    name: str


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Holds over the whole cluster, whatever the number of workers."""

    concurrent: int | None = None
    """Jobs that run at a time."""
    rate: int | None = None
    """Jobs that start in ``per`` seconds, evenly spread. Each run of a job counts, retries included."""
    per: float | None = None
    """Seconds, or a timedelta."""
    burst: int = 1
    """Jobs that may start at once after a pause; any period then sees ``rate + burst - 1`` starts at most."""

    def __post_init__(self) -> None:
        if self.concurrent is None and self.rate is None:
            raise InvalidOptions(say("A limit needs concurrent, or rate and per, as Limit(concurrent=2)."))
        if (self.rate is None) != (self.per is None):
            raise InvalidOptions(say("rate and per go together, as Limit(rate=100, per=60): 100 jobs in 60 seconds."))
        if self.rate is None and self.burst != 1:
            raise InvalidOptions(say("burst needs rate and per, as Limit(rate=100, per=60, burst=10)."))
        for name in ("concurrent", "rate", "burst"):
            _check_number(name, getattr(self, name))
        if self.per is not None:
            force_setattr(self, "per", _period(self.per))

    def __str__(self) -> str:
        """``2 at a time, 100 per 60 s``."""
        return self.said

    @property
    def said(self) -> Said:
        """What its ``str`` is, for readers of other languages."""
        parts = [say("%(number)s at a time", number=number(self.concurrent))] if self.concurrent is not None else []
        parts += [self.pace] if isinstance(self.pace, Said) else []
        return listed(*parts)

    @property
    def pace(self) -> str:
        """``100 per 60 s``; "" where the rate is not limited."""
        if self.rate is None:
            return ""
        return say("%(number)s per %(seconds)s s", number=number(self.rate), seconds=Figure(f"{self.per:g}"))


def _check_number(name: str, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
        raise InvalidOptions(
            say(
                "%(name)s must be an integer from 1 to %(most)s, not %(value)s. To stop a queue, pause it.",
                name=name, most=number(MOST), value=quoted(value),
            )
        )  # fmt: skip


def _period(value: Any) -> float:
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        raise InvalidOptions(
            say("%(name)s must be seconds or a timedelta, not %(value)s.", name="per", value=quoted(value))
        )
    if not 0.001 <= value <= LONGEST_PERIOD:
        raise InvalidOptions(
            say("per must be between a millisecond and 366 days, not %(value)s s.", value=quoted(value))
        )
    return float(value)
