"""Throughput and latency over time, as figures and as what the charts draw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from queueing.domain import latency
from queueing.domain.reading import Minute

PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
SETTLED = timedelta(seconds=15)
"""The present minute counts once it is that old; a rate over less says little."""


@dataclass(frozen=True, slots=True)
class Point:
    """What ended between two moments. Rates are per second."""

    at: datetime
    until: datetime
    succeeded: float
    retried: float
    failed: float
    wait: dict[str, float | None]
    run: dict[str, float | None]


def points(minutes: Sequence[Minute], *, now: datetime) -> list[Point]:
    return [_point(minute, now) for minute in minutes if now - minute.at >= SETTLED]


def _point(minute: Minute, now: datetime) -> Point:
    seconds = _seconds(minute, now)
    return Point(
        at=minute.at,
        until=minute.at + timedelta(minutes=minute.minutes),
        succeeded=minute.succeeded / seconds,
        retried=minute.retried / seconds,
        failed=minute.failed / seconds,
        wait=percentiles([minute.wait]),
        run=percentiles([minute.run]),
    )


def _seconds(minute: Minute, now: datetime) -> float:
    """Of it that have passed."""
    return min(60.0 * minute.minutes, (now - minute.at).total_seconds())


def per_second(minutes: Sequence[Minute], *, now: datetime) -> float:
    """Jobs that ended, well or not."""
    seconds = sum(_seconds(minute, now) for minute in minutes)
    return sum(minute.succeeded + minute.failed for minute in minutes) / seconds if seconds else 0.0


def percentiles(histograms: Iterable[Sequence[int]]) -> dict[str, float | None]:
    total = latency.merged(histograms)
    return {name: latency.percentile(total, share) for name, share in PERCENTILES.items()}


def drawn(found: Sequence[Point]) -> dict[str, Any]:
    """What the script reads: columns, times in seconds since 1970."""
    return {
        "at": [int(point.at.timestamp()) for point in found],
        "succeeded": [round(point.succeeded, 3) for point in found],
        "retried": [round(point.retried, 3) for point in found],
        "failed": [round(point.failed, 3) for point in found],
        **{kind: _columns([getattr(point, kind) for point in found]) for kind in ("wait", "run")},
    }


def _columns(rows: Sequence[dict[str, float | None]]) -> dict[str, list[float | None]]:
    return {name: [_rounded(row[name]) for row in rows] for name in PERCENTILES}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else float(f"{seconds:.3g}")
