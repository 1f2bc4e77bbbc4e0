"""What becomes of ticks, and which schedules are refused where they are written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queueing.domain.options import JobOptions
from queueing.domain.registry import Registry
from queueing.domain.schedules import MOST, CatchUp, Due, Pass, Schedule, cron, every, job_id, pass_over
from queueing.errors import ConfigurationError, InvalidPayload, InvalidSchedule

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def passed(late: timedelta, *, period: int = 3600, catch_up: CatchUp = CatchUp.LATEST) -> Pass:
    """What is made of a schedule that came due at noon, and is looked at so much later."""
    schedule = Schedule(name="s", type="t", queue="q", timing=every(period).timing, catch_up=catch_up)
    return pass_over(Due(schedule=schedule, due_at=NOON, now=NOON + late, version=1))


@pytest.mark.parametrize("catch_up", CatchUp)
def test_a_tick_in_time_is_fired_whatever_the_policy(catch_up: CatchUp) -> None:
    found = passed(timedelta(seconds=40), catch_up=catch_up)
    assert found == Pass(ticks=(NOON,), missed=0, next_at=NOON + timedelta(hours=1))


def test_skip_leaves_out_what_is_late() -> None:
    found = passed(timedelta(hours=2, minutes=30), catch_up=CatchUp.SKIP)
    assert found == Pass(ticks=(), missed=3, next_at=NOON + timedelta(hours=3))


def test_skip_fires_what_comes_just_now_after_a_gap() -> None:
    found = passed(timedelta(hours=2, seconds=5), catch_up=CatchUp.SKIP)
    assert found == Pass(ticks=(NOON + timedelta(hours=2),), missed=2, next_at=NOON + timedelta(hours=3))


def test_latest_makes_up_for_the_last_one() -> None:
    found = passed(timedelta(hours=2, minutes=30), catch_up=CatchUp.LATEST)
    assert found == Pass(ticks=(NOON + timedelta(hours=2),), missed=2, next_at=NOON + timedelta(hours=3))


def test_all_makes_up_for_each() -> None:
    found = passed(timedelta(hours=2, minutes=30), catch_up=CatchUp.ALL)
    assert found.ticks == tuple(NOON + timedelta(hours=hour) for hour in range(3))
    assert found.missed == 0


def test_all_is_bounded_and_keeps_the_newest() -> None:
    found = passed(timedelta(hours=249, minutes=1), catch_up=CatchUp.ALL)
    assert (len(found.ticks), found.missed) == (MOST, 250 - MOST)
    assert found.ticks[-1] == NOON + timedelta(hours=249)


@pytest.mark.parametrize("catch_up", CatchUp)
def test_a_month_of_seconds_is_one_pass(catch_up: CatchUp) -> None:
    month = timedelta(days=31)
    found = passed(month, period=1, catch_up=catch_up)
    assert len(found.ticks) == (MOST if catch_up is CatchUp.ALL else 1)
    assert found.ticks[-1] == NOON + month
    assert found.missed + len(found.ticks) == 31 * 86_400 + 1, "each tick is fired or told as missed"
    assert found.next_at == NOON + month + timedelta(seconds=1)


def test_the_id_of_a_tick_is_the_same_for_everybody_and_can_be_read() -> None:
    assert job_id("nightly", NOON) == "nightly@20260601T120000Z"
    long = job_id("n" * 90, NOON)
    assert long == job_id("n" * 90, NOON) and len(long) == 36
    assert long != job_id("n" * 90, NOON + timedelta(seconds=1))


def register(**described: Any) -> Registry:
    def report(month: int = 1) -> None: ...

    registry = Registry()
    registry.register("report", report, **described)
    return registry


def test_a_job_type_brings_its_schedules() -> None:
    plans = [cron("0 2 * * *", tz="Europe/Berlin"), every(60, name="often", payload={"month": 2}, overlap="skip")]
    first, second = register(queue="reports", schedule=plans, options=JobOptions(max_attempts=7)).schedules()
    assert (first.name, first.queue, first.payload, first.options.max_attempts) == ("report", "reports", b"{}", 7)
    assert (second.name, second.payload, second.overlap) == ("often", b'{"month":2}', "skip")


def test_a_bad_schedule_is_refused_at_the_decoration() -> None:
    with pytest.raises(InvalidSchedule, match="bad hour"):
        cron("0 24 * * *")
    with pytest.raises(InvalidSchedule, match="catch_up is one of skip, latest, all"):
        every(5, catch_up="never")
    with pytest.raises(InvalidSchedule, match="without spaces and slashes"):
        every(5, name="every five")
    with pytest.raises(InvalidPayload, match="month"):
        register(schedule=every(5, payload={"month": "May"}))
    with pytest.raises(ConfigurationError, match=r"must be cron\(…\) or every\(…\)"):
        register(schedule="*/5 * * * *")
    with pytest.raises(ConfigurationError, match="two schedules named 'report'"):
        register(schedule=[every(5), every(6)])
    with pytest.raises(InvalidSchedule, match="comes again"):
        register(schedule=every(5), options=JobOptions(run_at=NOON))


def test_two_job_types_cannot_share_a_schedules_name() -> None:
    registry = register(schedule=every(5, name="often"))
    with pytest.raises(ConfigurationError, match="both have a schedule 'often'"):
        registry.register("other", lambda: None, schedule=every(6, name="often"))
    registry.register("other", lambda: None, schedule=every(6))
    assert [schedule.name for schedule in registry.schedules()] == ["other", "often"]
