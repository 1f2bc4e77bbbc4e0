"""The soak's verdict on made-up samples: a run that grows is not called flat."""

from __future__ import annotations

import msgspec
import pytest

from benchmarks.soak import verdict
from benchmarks.soak.samples import Sample

FLAT = Sample(
    seconds=0.0, added=0, waiting=0, rss=100, connections=3, channels=30, queues=15, keys=1000, redis_memory=5000,
    redis_clients=6,
)  # fmt: skip


def test_a_flat_run_is_flat() -> None:
    assert verdict.grown([FLAT] * 40) == []


@pytest.mark.parametrize("name", verdict.LIMITS)
def test_what_grows_is_named(name: str) -> None:
    steps = [msgspec.structs.replace(FLAT, **{name: getattr(FLAT, name) * (100 + n) // 50}) for n in range(40)]
    assert [told.split()[0] for told in verdict.grown(steps)] == [name]


def test_a_run_too_short_to_tell_is_refused() -> None:
    with pytest.raises(ValueError, match="3 samples are too few"):
        verdict.growth([FLAT] * 3)
