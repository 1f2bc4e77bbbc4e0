from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dashboard.forms import durations
from dashboard.forms.options import OptionsForm, typed
from queueing.domain.options import JobOptions
from queueing.domain.registry import JobType

KNOWN = JobType(name="send", handler=print, queue="mail", options=JobOptions(max_attempts=5, timeout=90, tags=("a",)))


def form(**changes: str) -> OptionsForm:
    return OptionsForm(KNOWN, typed(KNOWN.options, KNOWN.queue) | changes)


def test_it_is_prefilled_with_the_types_own_and_those_come_back() -> None:
    assert typed(KNOWN.options, "mail")["timeout"] == "90 s"
    given = form()
    assert given.is_valid(), given.errors
    assert given.cleaned_data["options"] == KNOWN.options
    assert given.cleaned_data["count"] == 1


def test_an_option_may_be_set_back_to_the_general_default() -> None:
    given = form(max_attempts="3", timeout="", tags="")
    assert given.is_valid(), given.errors
    assert given.cleaned_data["options"] == JobOptions()


def test_a_delay_and_a_time_are_taken_only_where_they_are_chosen() -> None:
    assert form(run="now", delay="5 min").data["delay"] == "5 min"
    later = form(run="after", delay="1 h 30 m", run_at="2026-11-24T10:42:00")
    assert later.is_valid(), later.errors
    assert later.cleaned_data["options"].delay == 5400
    at = form(run="at", delay="5 min", run_at="2026-11-24T10:42:00")
    assert at.is_valid(), at.errors
    assert at.cleaned_data["options"].run_at == datetime(2026, 11, 24, 10, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"run": "after", "delay": ""}, "delay"),
        ({"run": "after", "delay": "soon"}, "delay"),
        ({"run": "after", "delay": "400 d"}, "delay"),
        ({"run": "at", "run_at": ""}, "run_at"),
        ({"count": "100001"}, "count"),
        ({"count": "0"}, "count"),
        ({"count": "2", "over": "soon"}, "over"),
        ({"count": "2", "over": "400 d"}, "over"),
        ({"count": "2", "over": "366 d", "run": "after", "delay": "1 h"}, "over"),
        ({"count": "1", "over": "1 h"}, "over"),
        ({"max_attempts": "0"}, "max_attempts"),
        ({"timeout": "0"}, "timeout"),
        ({"priority": "10"}, "priority"),
        ({"queue": "no way"}, "queue"),
        ({"queue": "mail.dead"}, "queue"),
        ({"tags": "x" * 65}, "tags"),
        ({"tags": " ".join(map(str, range(17)))}, "tags"),
        ({"unique_key": "x" * 257}, "unique_key"),
    ],
)
def test_each_mistake_stands_beside_its_field(changes: dict[str, str], name: str) -> None:
    assert list(form(**changes).errors) == [name]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("10 s", 10), ("5min", 300), ("1 h 30 m", 5400), ("2 d", 172_800), ("250 ms", 0.25), ("1.5 h", 5400)],
)
def test_durations_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert durations.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "5 parsecs", "-5 s", "1 h x", "1e9"])
def test_other_words_are_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="Write a duration"):
        durations.seconds(text)


@pytest.mark.parametrize("seconds", [0.25, 10, 60, 90, 5400, 7200, 172_800])
def test_a_duration_that_is_written_is_read_as_the_same(seconds: float) -> None:
    assert durations.seconds(durations.written(seconds)) == seconds
