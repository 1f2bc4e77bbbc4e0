"""Percentiles from the histograms of :class:`~queueing.domain.reading.Minute`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from queueing.domain.reading import BUCKETS


def merged(histograms: Iterable[Sequence[int]]) -> tuple[int, ...]:
    """The sum of histograms; an empty one adds nothing."""
    total = [0] * len(BUCKETS)
    for histogram in histograms:
        for index, count in enumerate(histogram):
            total[index] += count
    return tuple(total)


def percentile(histogram: Sequence[int], share: float) -> float | None:
    """Seconds below which ``share`` (0 to 1) of the values lie, to the width of a bucket: inside one, values are taken
    to be spread evenly on the logarithm. None: there are no values."""
    total = sum(histogram)
    if not total:
        return None
    wanted, below = share * total, 0
    for index, count in enumerate(histogram):
        if count and below + count >= wanted:
            return _inside(index, max(0.0, wanted - below) / count)
        below += count
    return BUCKETS[-2]


def _inside(index: int, part: float) -> float:
    if index == len(BUCKETS) - 1:
        return BUCKETS[-2]
    upper = BUCKETS[index]
    lower = BUCKETS[index - 1] if index else upper / 2
    return float(lower * (upper / lower) ** part)
