"""The delay ladder: a few fixed waits, shared by all queues, from which any delay is climbed."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

STEPS: Final[dict[str, float]] = {
    "250ms": 0.25,
    "1s": 1.0,
    "2s": 2.0,
    "5s": 5.0,
    "10s": 10.0,
    "30s": 30.0,
    "1m": 60.0,
    "2m": 120.0,
    "5m": 300.0,
    "15m": 900.0,
    "1h": 3600.0,
    "6h": 21_600.0,
}
"""Seconds by the name that the broker's objects carry, shortest first."""

_NAMES: Final = tuple(STEPS)
_SECONDS: Final = tuple(STEPS.values())


def step_for(delay: float) -> str | None:
    """The largest step not longer than ``delay`` seconds, the smallest for less than that; None: do not wait.

    The message is home early, never late by more than the smallest step; whoever takes it in sends it round again.
    """
    if delay <= 0:
        return None
    return _NAMES[max(0, bisect_right(_SECONDS, delay) - 1)]
