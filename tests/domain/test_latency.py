from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing.domain.latency import merged, percentile
from queueing.domain.reading import BUCKETS

histograms = st.lists(st.integers(0, 1000), min_size=len(BUCKETS), max_size=len(BUCKETS))


def test_no_values_have_no_percentile() -> None:
    assert percentile(merged([]), 0.5) is None


@given(histograms, st.floats(0, 1))
def test_a_percentile_lies_in_a_bucket_that_has_values(histogram: list[int], share: float) -> None:
    found = percentile(histogram, share)
    if not sum(histogram):
        assert found is None
        return
    assert found is not None
    edges = (BUCKETS[0] / 2, *BUCKETS[:-1], BUCKETS[-2])
    assert any(count and edges[at] * 0.999 <= found <= edges[at + 1] * 1.001 for at, count in enumerate(histogram))


@given(histograms)
def test_a_higher_share_is_never_a_shorter_time(histogram: list[int]) -> None:
    found = [percentile(histogram, share) for share in (0.1, 0.5, 0.95, 0.99, 1.0)]
    assert found == sorted(found, key=lambda one: one or 0.0)


def test_inside_a_bucket_values_are_spread_on_the_logarithm() -> None:
    histogram = [0] * len(BUCKETS)
    histogram[BUCKETS.index(1.0)] = 100  # from 0.5 s to 1 s
    assert percentile(histogram, 0.5) == pytest.approx(2**-0.5)


def test_an_empty_histogram_adds_nothing() -> None:
    one = (1,) + (0,) * (len(BUCKETS) - 1)
    assert merged([one, (), one])[0] == 2
