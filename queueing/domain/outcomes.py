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
        seconds = after.total_seconds() if isinstance(after, timedelta) else after
        if seconds is not None and not 0 <= seconds <= LONGEST_DELAY:
            raise InvalidOptions(f"Retry(after=…) must be 0 seconds or more, and 366 days at most, not {after!r:.60}.")
        self.reason, self.after = reason, seconds


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
