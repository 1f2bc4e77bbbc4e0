"""The store's time, read off this host's clock: hosts may be hours apart, and one clock must decide what is due."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

AGE: Final = 60.0
"""Seconds after which the difference is measured anew."""
HOST: Final = timezone(timedelta(), "host")
"""Marks a moment by this host's clock, told before the store's time was known. It is UTC for all others."""


class StoreClock:
    def __init__(self) -> None:
        self._ahead = 0.0
        self._measured: float | None = None

    @property
    def ahead(self) -> float:
        """Seconds by which this host's clock is ahead of the store's."""
        return self._ahead

    @property
    def is_stale(self) -> bool:
        return self._measured is None or time.monotonic() - self._measured > AGE

    def now(self) -> datetime:
        return datetime.fromtimestamp(host_time() - self._ahead, HOST if self._measured is None else UTC)

    def right(self, moment: datetime) -> datetime:
        if moment.tzinfo is not HOST:
            return moment
        return (moment - timedelta(seconds=self._ahead)).replace(tzinfo=UTC)

    def learn(self, theirs: float, *, before: float, after: float) -> None:
        """The store said ``theirs`` (seconds since 1970) between two looks at this host's clock.

        The least difference that explains it: a slow answer must not be taken for a wrong clock.
        """
        if before <= theirs <= after:
            self._ahead = 0.0
        else:
            self._ahead = before - theirs if theirs < before else after - theirs
        self._measured = time.monotonic()


def host_time() -> float:
    return time.time()


class Stopwatch:
    """Tells the clock what a call that returned the store's time has taught."""

    def __init__(self, clock: StoreClock) -> None:
        self._clock, self._before = clock, host_time()

    def stop(self, theirs: datetime) -> None:
        # Redis' scripts tell milliseconds, rounded down.
        exact = (theirs - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)
        after = host_time()
        self._clock.learn(exact, before=self._before - 0.001, after=after)
