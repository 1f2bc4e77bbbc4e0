"""How an attempt ends. A handler returns a value, or raises one of these."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from queueing.domain.options import LONGEST_DELAY
from queueing.errors import InvalidOptions


class Outcome(Exception):
    """Base of what a handler may raise to say how its attempt ends."""


class Retry(Outcome):
    """Not now: run me again, after ``after`` seconds or as the backoff says. Counts as an attempt."""

    def __init__(
        self, reason: str = "The handler asked for a retry.", *, after: float | timedelta | None = None
    ) -> None:
        super().__init__(reason)
        self.reason, self.after = reason, _seconds(after)


class Fail(Outcome):
    """For good: no more attempts, straight to the dead-letter queue."""

    def __init__(self, reason: str = "The handler gave up.") -> None:
        super().__init__(reason)
        self.reason = reason


class Cancel(Outcome):
    """Never mind: the job ends as cancelled."""

    def __init__(self, reason: str = "The handler called it off.") -> None:
        super().__init__(reason)
        self.reason = reason


class Success:
    """The handler returned."""

    __slots__ = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def _seconds(after: Any) -> float | None:
    """Here rather than where it is written: then it is the handler's error, with its traceback."""
    if after is None:
        return None
    seconds = after.total_seconds() if isinstance(after, timedelta) else after
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST_DELAY:
        raise InvalidOptions(
            f"Retry(after=…) takes seconds or a timedelta, 0 or more and 366 days at most, not {after!r:.60}."
        )
    return float(seconds)
