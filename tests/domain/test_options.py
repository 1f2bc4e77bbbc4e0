from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from queueing.domain.backoff import Backoff
from queueing.domain.options import JobOptions, changed
from queueing.errors import InvalidOptions


def test_durations_may_be_a_timedelta() -> None:
    options = JobOptions(delay=timedelta(minutes=2), timeout=timedelta(seconds=1.5))  # type: ignore[arg-type]
    assert (options.delay, options.timeout) == (120.0, 1.5)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"max_attempts": 0}, "max_attempts"),
        ({"max_attempts": True}, "max_attempts"),
        ({"max_attempts": 2.5}, "max_attempts"),
        ({"priority": 10}, "priority"),
        ({"delay": -1}, "delay"),
        ({"delay": float("nan")}, "delay"),
        ({"delay": "soon"}, "delay"),
        ({"delay": 400 * 86400}, "366 days"),
        ({"timeout": 0}, "timeout"),
        ({"run_at": datetime(2026, 1, 1)}, "aware"),
        ({"delay": 1, "run_at": datetime.now(UTC)}, "not both"),
        ({"unique_for": 5}, "unique_key"),
        ({"unique_key": ""}, "unique_key"),
        ({"tags": "digest"}, "list of strings"),
        ({"tags": ("two words",)}, "cannot be a tag"),
        ({"tags": tuple("abcdefghijklmnopq")}, "16 tags"),
        ({"tags": 5}, "list of strings"),
        ({"delay": 10**400}, "366 days"),
        ({"delay": float("inf")}, "366 days"),
        ({"run_at": datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12)))}, "years 1 to 9999"),
        ({"expires_at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=12)))}, "years 1 to 9999"),
        ({"unique_key": 5}, "unique_key"),
        ({"unique_key": "\ud800"}, "unique_key"),
        ({"backoff": "exponential"}, "Backoff"),
        ({"backoff": None}, "Backoff"),
        ({"meta": [1]}, "object"),
        ({"meta": {1: 2}}, "strings for keys"),
        ({"meta": {"a": object()}}, "not JSON"),
        ({"meta": {"a": "\ud800"}}, "not JSON"),
        ({"meta": {"a": 2**70}}, "not JSON"),
        ({"meta": {"a": "x" * 70_000}}, "65,536"),
    ],
)
def test_an_option_that_cannot_be_honoured_is_refused_by_name(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidOptions, match=says):
        JobOptions(**wrong)


def test_an_unknown_option_lists_the_known_ones() -> None:
    with pytest.raises(InvalidOptions, match=r"Unknown option retries\. Known: .*max_attempts"):
        changed(JobOptions(), {"retries": 3})


def test_options_survive_the_wire_and_defaults_take_no_room() -> None:
    options = JobOptions(max_attempts=5, backoff=Backoff.delays([1, 2]), tags=("a", "b"), meta={"trace": [1, None]})
    assert msgspec.json.decode(msgspec.json.encode(options), type=JobOptions) == options
    assert msgspec.json.encode(JobOptions()) == b"{}"


def test_a_mapping_changes_what_it_names_even_back_to_the_default() -> None:
    base = JobOptions(max_attempts=5, timeout=30, tags=("a",))
    assert changed(base, {"max_attempts": 3, "tags": ["b"]}) == JobOptions(max_attempts=3, timeout=30, tags=("b",))
    assert changed(base, {"timeout": None}).timeout is None
    assert changed(base, JobOptions()) == JobOptions()
    assert changed(base, None) is base


def test_a_change_is_checked_like_the_whole() -> None:
    with pytest.raises(InvalidOptions, match="not both"):
        changed(JobOptions(delay=5), {"run_at": datetime.now(UTC)})


@pytest.mark.parametrize("changes", [[("delay", 1)], "delay", 5])
def test_changes_that_are_no_mapping_are_refused(changes: Any) -> None:
    with pytest.raises(InvalidOptions, match="mapping"):
        changed(JobOptions(), changes)


def test_an_option_whose_name_is_no_text_is_unknown() -> None:
    with pytest.raises(InvalidOptions, match="Unknown option 1"):
        changed(JobOptions(), {1: 2})  # type: ignore[dict-item]
