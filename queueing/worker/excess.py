"""When to walk through a dead-letter queue."""

from __future__ import annotations

from collections import deque
from typing import Final

FIRST: Final = 4_000
"""Dead letters that the first walk through a queue looks at; each further one for the same reason goes deeper."""
DEEPEST: Final = 256_000
REST: Final = 10
"""A walk is followed by a rest so many times as long, if it was in vain: as far as it removes letters it is work."""
SHORTEST: Final = 2.0
LONGEST: Final = 600.0
"""Seconds until the next walk for letters that could not be settled in the last, longer each time."""
OBSERVED: Final = 15
"""Passes after which an excess counts as the usual one: somebody has removed dead letters, for example."""


class Excess:
    """How many more dead letters a queue has than failed jobs, and whether that asks for a walk through it.

    A walk takes each letter out and puts it back, so it must not be done again for what it has found to be in order,
    or could not settle.
    """

    def __init__(self) -> None:
        self.limit = FIRST
        self._usual = 0
        self._recent: deque[int] = deque(maxlen=OBSERVED)
        self._not_before = 0.0
        self._again: float | None = None
        self._pause = 0.0

    def asks_for_walk(self, excess: int, now: float) -> bool:
        if now < self._not_before:
            return False  # and nothing is observed: what is to be looked at after the rest is not usual
        if len(self._recent) == OBSERVED:
            self._usual = max(self._recent)
        self._recent.append(excess)
        return excess > self._usual or (self._again is not None and now >= self._again)

    def walked(self, excess: int, *, seen: int, removed: int, took: float, now: float) -> None:
        self._not_before = now + took * REST * (seen - removed) / max(1, seen)
        self._recent.clear()
        if seen >= self.limit < DEEPEST and removed < excess - self._usual:
            self.limit *= 4
            return
        self.limit = FIRST
        self._usual = excess - removed
        unsettled = self._usual > 0
        self._pause = min(max(self._pause * 2, SHORTEST), LONGEST) if unsettled else 0.0
        self._again = now + self._pause if unsettled else None
