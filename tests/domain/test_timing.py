"""When schedules come due: two nights on which clocks are changed, in two zones; and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from queueing.domain.timing import Cron, Every, upcoming, zone
from queueing.errors import InvalidSchedule

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
# The clock jumps from 2 to 3; and goes back from 3 to 2 in Berlin, from 2 to 1 in New York.
SPRING = {BERLIN: datetime(2026, 3, 29), NEW_YORK: datetime(2026, 3, 8)}
AUTUMN = {BERLIN: datetime(2026, 10, 25), NEW_YORK: datetime(2026, 11, 1)}


def day(timing: Cron | Every, night: dict[str, datetime], tz: str) -> list[datetime]:
    """All ticks of that calendar day, in UTC."""
    start = night[tz].replace(tzinfo=zone(tz))
    end = (night[tz] + timedelta(days=1)).replace(tzinfo=zone(tz))
    found = upcoming(timing, start.astimezone(UTC) - timedelta(seconds=1), 500)
    return [tick for tick in found if tick < end]


def clock(timing: Cron | Every, night: dict[str, datetime], tz: str) -> list[str]:
    """As the clock on the wall shows them; the offset tells the two hours of one name apart."""
    return [f"{tick.astimezone(zone(tz)):%H:%M%z}"[:8] for tick in day(timing, night, tz)]


@pytest.mark.parametrize("tz, before, after", [(BERLIN, "+01", "+02"), (NEW_YORK, "-05", "-04")])
def test_in_spring_what_falls_into_the_gap_comes_at_its_end(tz: str, before: str, after: str) -> None:
    assert clock(Cron("30 2 * * *", tz), SPRING, tz) == [f"03:00{after}"]
    assert clock(Cron("0,15,30,45 2 * * *", tz), SPRING, tz) == [f"03:00{after}"], "four that became one"
    assert clock(Cron("0 1,2,3 * * *", tz), SPRING, tz) == [f"01:00{before}", f"03:00{after}"]
    assert clock(Cron("59 1 * * *", tz), SPRING, tz) == [f"01:59{before}"]
    assert clock(Cron("30 3 * * *", tz), SPRING, tz) == [f"03:30{after}"]


@pytest.mark.parametrize("tz, before, after", [(BERLIN, "+01", "+02"), (NEW_YORK, "-05", "-04")])
def test_in_spring_what_counts_passing_time_knows_no_gap(tz: str, before: str, after: str) -> None:
    half_hours = clock(Cron("*/30 * * * *", tz), SPRING, tz)
    assert len(half_hours) == 46
    assert half_hours[2:6] == [f"01:00{before}", f"01:30{before}", f"03:00{after}", f"03:30{after}"]
    assert clock(Cron("*/30 2 * * *", tz), SPRING, tz) == [], "there is no such hour"
    assert len(day(Every(3600), SPRING, tz)) == 23


@pytest.mark.parametrize("tz, hour, first, second", [(BERLIN, 2, "+02", "+01"), (NEW_YORK, 1, "-04", "-05")])
def test_in_autumn_a_fixed_time_comes_once_the_first_time(tz: str, hour: int, first: str, second: str) -> None:
    assert clock(Cron(f"30 {hour} * * *", tz), AUTUMN, tz) == [f"0{hour}:30{first}"]
    assert clock(Cron(f"0 {hour},{hour + 1} * * *", tz), AUTUMN, tz) == [
        f"0{hour}:00{first}",
        f"0{hour + 1}:00{second}",
    ]


@pytest.mark.parametrize("tz, hour, first, second", [(BERLIN, 2, "+02", "+01"), (NEW_YORK, 1, "-04", "-05")])
def test_in_autumn_what_counts_passing_time_comes_in_both_hours(tz: str, hour: int, first: str, second: str) -> None:
    both = [f"0{hour}:00{first}", f"0{hour}:30{first}", f"0{hour}:00{second}", f"0{hour}:30{second}"]
    assert clock(Cron(f"*/30 {hour} * * *", tz), AUTUMN, tz) == both
    assert len(clock(Cron("0 * * * *", tz), AUTUMN, tz)) == 25
    assert len(day(Every(3600), AUTUMN, tz)) == 25


@pytest.mark.parametrize("tz", [BERLIN, NEW_YORK])
@pytest.mark.parametrize("night", [SPRING, AUTUMN], ids=["spring", "autumn"])
@pytest.mark.parametrize(
    "expression", ["30 2 * * *", "15,45 1-3 * * *", "*/20 * * * *", "*/20 1,2 * * *", "0 3 * * SUN"]
)
def test_the_ticks_do_not_depend_on_where_one_begins(tz: str, night: dict[str, datetime], expression: str) -> None:
    """A leader that is replaced within the odd hour goes on with the same ticks."""
    timing = Cron(expression, tz)
    whole = day(timing, night, tz)
    for start in range(0, 8 * 60, 7):
        after = night[tz].replace(tzinfo=zone(tz)).astimezone(UTC) + timedelta(minutes=start)
        rest = [tick for tick in whole if tick > after]
        assert upcoming(timing, after, len(rest)) == rest, after


@given(
    st.sampled_from(["30 2 * * *", "*/7 * * * *", "0 0 29 2 *", "5 4 * * SUN", "0 12 L * *", "*/15 0 1,15 * *"]),
    st.sampled_from([BERLIN, NEW_YORK, "UTC", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Cairo"]),
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC)),
)
def test_ticks_are_later_than_the_start_and_than_each_other(expression: str, tz: str, after: datetime) -> None:
    ticks = upcoming(Cron(expression, tz), after, 5)
    assert len(ticks) == 5
    assert all(one < other for one, other in pairwise([after, *ticks]))


@given(st.integers(1, 90_000), st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.just(UTC)))
def test_a_period_counts_from_1970_whoever_asks(seconds: int, after: datetime) -> None:
    for tick in upcoming(Every(seconds), after, 3):
        assert tick.timestamp() % seconds == 0
        assert tick > after


@given(st.text(max_size=30) | st.from_regex(r"[0-9*/,\-LW#A-Z ]{0,20}", fullmatch=True))
@example("* * * * *" + " *" * 200)
@example("٣ * * * *")
def test_any_text_is_an_expression_or_refused_with_a_reason(text: str) -> None:
    try:
        assert upcoming(Cron(text, BERLIN), datetime(2026, 1, 1, tzinfo=UTC), 1)
    except InvalidSchedule as refused:
        assert "cron expression" in str(refused) or "never comes" in str(refused)


@pytest.mark.parametrize(
    "expression, why",
    [
        ("61 * * * *", "bad minute"),
        ("* * *", "wrong number of fields"),
        ("* 25 * * *", "bad hour"),
        ("0 0 31 2 *", "bad day-of-month"),
        ("@daily", "wrong number of fields"),
    ],
)
def test_a_bad_expression_is_told_with_what_is_bad(expression: str, why: str) -> None:
    with pytest.raises(InvalidSchedule, match=why):
        Cron(expression)


@pytest.mark.parametrize("tz", ["Berlin", "", "../../etc/passwd", "Europe", "\x00"])
def test_a_zone_that_nobody_knows_is_refused(tz: str) -> None:
    with pytest.raises(InvalidSchedule, match="time zone"):
        Cron("* * * * *", tz)


@pytest.mark.parametrize("seconds", [0, -1, 0.5, True, "5", float("nan"), 400 * 86_400])
def test_a_period_that_is_not_whole_seconds_is_refused(seconds: object) -> None:
    with pytest.raises(InvalidSchedule, match="every"):
        Every(seconds)  # type: ignore[arg-type]


def test_a_period_may_be_a_timedelta() -> None:
    assert Every(timedelta(minutes=5)) == Every(300)  # type: ignore[arg-type]


def test_timings_say_in_words_what_they_are() -> None:
    assert str(Every(30)) == "Every 30 seconds"
    assert str(Every(3600)) == "Every hour"
    assert str(Cron("0 2 * * *", BERLIN)) == "At 02:00 every day"
