"""Ticks that passed while nobody was there are counted without going through them, and the count is the true one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from queueing.domain.absence import count, last
from queueing.domain.timing import Cron, Every, Timing, zone

BERLIN, NEW_YORK, LORD_HOWE, CAIRO = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"
ZONES = [BERLIN, NEW_YORK, LORD_HOWE, CAIRO, "UTC", "Asia/Kolkata", "America/Havana"]
EXPRESSIONS = [
    "30 2 * * *",
    "*/7 * * * *",
    "0,20 0-3 * * *",
    "*/20 1,2 * * *",
    "0 0 L * *",
    "5 4 * * SUN",
    "0 9 * * MON#1",
    "15 3 25 3,10 SUN",
    "*/30 * 0-3 * * *",
    "7 */5 0 * * *",
]
MOMENTS = st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2027, 1, 1), timezones=st.just(UTC))
SPRING, AUTUMN = datetime(2026, 3, 29, 0, 30, 7, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def one_by_one(timing: Timing, after: datetime, until: datetime) -> list[datetime]:
    return list(takewhile(lambda tick: tick <= until, timing.ticks(after)))


@settings(deadline=None)
@given(
    st.builds(Cron, st.sampled_from(EXPRESSIONS), st.sampled_from(ZONES)) | st.builds(Every, st.integers(60, 100_000)),
    MOMENTS,
    st.timedeltas(timedelta(seconds=1), timedelta(days=2)),
    st.integers(1, 100),
)
@example(Cron("*/30 2 * * *", BERLIN), SPRING, timedelta(hours=5), 1)
@example(Cron("30 2 * * *", BERLIN), SPRING - timedelta(days=2), timedelta(days=4), 3)
@example(Cron("*/20 1,2 * * *", BERLIN), AUTUMN, timedelta(hours=1), 1)
@example(Cron("*/20 1,2 * * *", LORD_HOWE), datetime(2026, 4, 4, 10, tzinfo=UTC), timedelta(hours=9), 2)
def test_it_is_what_going_through_them_would_have_found(
    timing: Timing, after: datetime, length: timedelta, most: int
) -> None:
    until = after + length
    ticks = one_by_one(timing, after, until)
    assert count(timing, after, until) == len(ticks)
    assert last(timing, after, until, most) == ticks[-most:]


@pytest.mark.parametrize("tz", ZONES)
def test_each_second_of_seven_years_is_counted_at_once(tz: str) -> None:
    until = LONG_AGO + timedelta(days=7 * 365)
    assert count(Cron("* * * * * *", tz), LONG_AGO, until) == 7 * 365 * 86_400


def test_the_last_ones_of_a_day_long_ago_are_found() -> None:
    timing = Cron("* * * 29 3 *", BERLIN)
    found = last(timing, LONG_AGO, datetime(2027, 3, 1, tzinfo=UTC), 100)
    end = datetime(2026, 3, 30, tzinfo=zone(BERLIN)).astimezone(UTC)
    assert found == [end - timedelta(seconds=seconds) for seconds in range(100, 0, -1)]


def test_nothing_lies_between_a_moment_and_itself() -> None:
    for timing in (Every(60), Cron("* * * * *")):
        assert count(timing, SPRING, SPRING) == 0
        assert last(timing, SPRING, SPRING, 5) == []
