"""A cron expression in words: in English what cronsim says of it."""

from __future__ import annotations

from datetime import datetime

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import assume, given
from hypothesis import strategies as st

from queueing.domain.cronwords import described
from queueing.domain.timing import Cron, Every


def field(low: int, high: int, *special: str) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda bounds: "{}-{}".format(*sorted(bounds)))
    step = st.integers(1, 30)
    term = st.one_of(
        st.just("*"),
        number.map(str),
        span,
        st.builds(lambda run, length: f"{run}/{length}", st.one_of(st.just("*"), number.map(str), span), step),
        *([st.sampled_from(special)] if special else []),
    )
    return st.one_of(st.just("*"), number.map(str), st.lists(term, min_size=1, max_size=3).map(",".join))


@given(
    st.tuples(
        st.one_of(st.just(""), field(0, 59)),
        field(0, 59),
        field(0, 23),
        field(1, 31, "L", "LW"),
        field(1, 12, "JAN", "oct"),
        field(0, 7, "MON", "sun-tue", "5L", "1#1", "3#5"),
    )
)
def test_in_english_it_is_what_cronsim_says(fields: tuple[str, ...]) -> None:
    expression = " ".join(filter(None, fields))
    try:
        explained = CronSim(expression, datetime(2026, 1, 1)).explain()
    except CronSimError:
        assume(False)
    said = described(expression)
    assert said[0].upper() + said[1:] == explained


@pytest.mark.parametrize(
    ("timing", "said"),
    [
        (Cron("30 2 * * *"), "At 02:30 every day"),
        (Cron("0 7 * * MON-FRI"), "At 07:00 on Monday through Friday"),
        (Every(1), "Every second"),
        (Every(7200), "Every 2 hours"),
        (Every(86_400), "Every day"),
    ],
)
def test_a_timing_is_a_line(timing: Cron | Every, said: str) -> None:
    assert str(timing) == said
