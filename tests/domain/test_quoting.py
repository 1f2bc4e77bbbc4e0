"""A refused value is shown by the error, also one that Python does not write down."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from queueing import Backoff, JobOptions, Limit, cron, every
from queueing.domain.quoting import LONGEST, quoted
from queueing.errors import InvalidJob

ENDLESS = 10**5000
"""Python writes integers of 4,300 digits at most, and raises ValueError for longer ones."""


@pytest.mark.parametrize("name", ["max_attempts", "delay", "timeout", "retention", "priority", "run_at", "unique_key"])
def test_an_endless_integer_is_refused_as_an_option(name: str) -> None:
    with pytest.raises(InvalidJob, match=f"^{name} must be .* not an integer of thousands of digits"):
        JobOptions(**{name: ENDLESS})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Backoff.fixed(ENDLESS),
        lambda: Backoff.exponential(2, cap=ENDLESS),
        lambda: Limit(concurrent=ENDLESS),
        lambda: Limit(rate=1, per=ENDLESS),
        lambda: every(ENDLESS),
        lambda: cron("* * * * *", catch_up=ENDLESS),  # type: ignore[arg-type]
    ],
)
def test_an_endless_integer_is_refused_where_policies_are_written(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidJob, match="an integer of thousands of digits"):
        make()


def test_a_long_value_is_cut() -> None:
    assert quoted("é" * 1000) == "'" + "é" * (LONGEST - 1)
    assert quoted(12) == "12"
