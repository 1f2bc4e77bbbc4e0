"""Which jobs a condition keeps, and that it tells no more than a page shows."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing.domain.arguments import Arguments
from queueing.domain.conditions import Argument, Condition, Measured, Named, Text, keep, matches
from queueing.domain.job import JobSummary
from queueing.domain.states import JobState

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
JOB = JobSummary(
    id="0190a5d0-0000-7000-8000-0000604b2c77",
    queue="media",
    type="transcode_video",
    state=JobState.FAILED,
    epoch=1,
    version=4,
    attempt=3,
    max_attempts=5,
    created_at=NOW - timedelta(hours=1),
    due_at=NOW - timedelta(minutes=10),
    started_at=NOW - timedelta(minutes=8),
    finished_at=NOW - timedelta(minutes=7),
    worker="app-01:41",
    error_kind="httpx.ConnectTimeout",
    error_message="no answer in 10 s",
    tags=("eu", "vip"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def kept(condition: Condition, payload: Any = None, job: JobSummary = JOB) -> bool:
    return keep([condition], job, Arguments(json.dumps(payload).encode()), now=NOW)


@pytest.mark.parametrize(
    ("field", "value", "is_it"),
    [
        ("id", "604B2C77", True), ("id", "ffff", False),
        ("queue", "media", True), ("queue", "med", False), ("queue", "med*", True),
        ("type", "*_video", True), ("tag", "vip", True), ("tag", "vi", False),
        ("worker", "APP-01", True), ("worker", "app-02", False),
        ("error", "timeout", True), ("error", "10 s", True), ("error", "Busy", False),
        ("state", "failed", True), ("state", "queued", False),
    ],
)  # fmt: skip
def test_a_word_of_the_record_keeps_the_job_and_excludes_it(field: Any, value: str, is_it: bool) -> None:
    assert kept(Named(field=field, value=value)) is is_it
    assert kept(Named(field=field, value=value, excluded=True)) is not is_it


@pytest.mark.parametrize(
    ("field", "sign", "value", "is_it"),
    [
        ("attempts", ">", 2, True), ("attempts", ">", 3, False), ("attempts", "=", 3, True),
        ("waited", ">=", 120, True), ("waited", "<", 120, False), ("ran", "<=", 60, True), ("ran", ">", 60, False),
    ],
)  # fmt: skip
def test_figures_are_compared(field: Any, sign: Any, value: float, is_it: bool) -> None:
    assert kept(Measured(field=field, sign=sign, value=value)) is is_it


def test_what_has_not_begun_has_no_duration() -> None:
    waiting = msgspec.structs.replace(JOB, started_at=None, finished_at=None)
    assert not kept(Measured(field="ran", sign="<", value=9e9), job=waiting)


PAYLOAD = {
    "user": {"id": 123, "name": "Ada L*", "vip": True, "left": None},
    "items": [{"sku": "a-1", "sizes": [32, 64]}, {"sku": "b-2"}],
    "price": 9.5,
}


@pytest.mark.parametrize(
    ("path", "sign", "value", "is_it"),
    [
        ("user.id", "=", "123", True), ("user.id", "=", "12", False), ("user.id", ">", "100", True),
        ("user.id", "=", "123.0", True), ("user.id", "=", "x", False), ("user.vip", "=", "true", True),
        ("user.left", "=", "null", True), ("user.name", "=", "Ada*", True), ("user.name", "=", "ada*", False),
        ("user", "=", "*", True), ("nobody", "=", "*", False), ("user.id.more", "=", "*", False),
        ("items.sku", "=", "b-2", True), ("items.0.sku", "=", "b-2", False), ("items.1.sku", "=", "b-2", True),
        ("items.sizes", "=", "64", True), ("items.9.sku", "=", "b-2", False), ("price", "<", "10", True),
    ],
)  # fmt: skip
def test_a_value_is_found_by_its_path(path: str, sign: Any, value: str, is_it: bool) -> None:
    assert kept(Argument(path=tuple(path.split(".")), sign=sign, value=value), PAYLOAD) is is_it


def test_words_are_found_in_keys_values_and_the_record_in_any_case() -> None:
    for words in ("ADA", "sku", "b-2", "9.5", "transcode", "no answer", "604b2c77", "vip"):
        assert kept(Text(value=words), PAYLOAD), words
    assert not kept(Text(value="ada b-2"), PAYLOAD)
    assert kept(Text(value="größe"), {"text": "Die GRÖSSE"})


SECRET = {"password": "hunter2", "credentials": {"user": "mira"}, "header": "Bearer abc", "max_tokens": 7}


@pytest.mark.parametrize(
    ("path", "value"), [("password", "hunter2"), ("credentials.user", "mira"), ("header", "Bearer*"), ("password", "*")]
)
def test_what_is_masked_is_found_only_by_those_who_may_reveal_it(path: str, value: str) -> None:
    wanted = Argument(path=tuple(path.split(".")), sign="=", value=value)
    assert not kept(wanted, SECRET)
    assert kept(msgspec.structs.replace(wanted, revealed=True), SECRET)


def test_text_is_never_found_in_what_is_masked() -> None:
    for words in ("hunter2", "mira", "user", "bearer"):
        assert not kept(Text(value=words), SECRET), words
    assert kept(Text(value="password"), SECRET)
    assert kept(Argument(path=("max_tokens",), sign="=", value="7"), SECRET)


def test_a_payload_that_is_no_json_is_searched_as_it_is_shown() -> None:
    raw = Arguments(b"\xffto=mira password=hunter2", raw=True)
    assert keep([Text(value="MIRA")], JOB, raw, now=NOW)
    assert not keep([Text(value="hunter2")], JOB, raw, now=NOW)


@pytest.mark.parametrize("payload", [b"[" * 100_000, b"{", b"\xff", b'"\\ud800"', b'{"a":' * 9_000])
def test_a_payload_that_cannot_be_decoded_matches_nothing_and_breaks_nothing(payload: bytes) -> None:
    arguments = Arguments(payload)
    assert not keep([Text(value="a")], msgspec.structs.replace(JOB, id="1", type="x", queue="q", worker=None,
        error_kind=None, error_message=None, tags=()), arguments, now=NOW)  # fmt: skip
    assert not keep([Argument(path=("a",), sign="=", value="*")], JOB, arguments, now=NOW)


@given(JSON, st.text(min_size=1, max_size=4))
def test_the_quick_look_at_the_bytes_never_misses_what_a_slow_one_finds(payload: Any, words: str) -> None:
    quick, slow = Arguments(json.dumps(payload).encode()), Arguments(json.dumps(payload).encode())
    slow._may_mention = lambda words: True  # type: ignore[method-assign]
    assert quick.mention(words.casefold()) == slow.mention(words.casefold())


@given(JSON)
def test_every_leaf_is_found_under_its_own_path(payload: Any) -> None:
    arguments = Arguments(json.dumps(payload).encode())
    for leaf in arguments.leaves():
        if not leaf.secret and not isinstance(leaf.value, dict | list):
            assert leaf.value in list(arguments.at(leaf.path))


@given(st.text(max_size=8), st.text(max_size=8))
def test_a_text_matches_itself_and_its_beginning(text: str, more: str) -> None:
    plain = text.replace("*", "")
    assert matches(plain, plain)
    assert matches(plain + more, plain + "*")
    assert matches(more + plain, "*" + plain)


def test_no_pattern_takes_long() -> None:
    begun = time.monotonic()
    assert not matches("a" * 200_000, "*a" * 100 + "*b")
    assert time.monotonic() - begun < 0.5


@pytest.mark.parametrize(
    "condition",
    [
        Named(field="tag", value="x"),
        Measured(field="ran", sign=">", value=1),
        Argument(path=("a", "b"), sign="=", value="1"),
        Text(value="x", excluded=True),
    ],
)
def test_conditions_can_be_stored_and_read_again(condition: Condition) -> None:
    assert msgspec.json.decode(msgspec.json.encode(condition), type=Condition) == condition
