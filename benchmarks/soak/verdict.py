"""Whether something grew."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from benchmarks.soak.samples import Sample

LIMITS = {
    "rss": 1.10,
    "redis_memory": 1.10,
    "keys": 1.10,
    "connections": 1.0,
    "channels": 1.0,
    "queues": 1.0,
    "redis_clients": 1.2,
}
"""How many times the second quarter the last one may be. The first is warm-up."""


def growth(samples: Sequence[Sample]) -> dict[str, float]:
    """Median of the last quarter divided by that of the second, by measure."""
    quarter = len(samples) // 4
    if not quarter:
        raise ValueError(f"{len(samples)} samples are too few to tell: let it run longer, or sample more often.")
    second, last = samples[quarter : 2 * quarter], samples[-quarter:]
    return {
        name: statistics.median(getattr(sample, name) for sample in last)
        / max(1, statistics.median(getattr(sample, name) for sample in second))
        for name in LIMITS
    }


def grown(samples: Sequence[Sample]) -> list[str]:
    """What is not flat, in words; empty: all is."""
    return [
        f"{name} grew to {ratio:.2f} times (allowed: {LIMITS[name]:.2f})"
        for name, ratio in growth(samples).items()
        if ratio > LIMITS[name]
    ]
