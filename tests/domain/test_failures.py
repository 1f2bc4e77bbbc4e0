"""Which failures are alike."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing.domain.failures import PATTERN, Deploy, FailureGroup, chief, fingerprint, group_of, is_new, pattern, rises
from queueing.domain.job import ErrorInfo, Frame

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SEND = Frame(file="shop/mail.py", line=12, function="send", ours=True)
POST = Frame(file="httpx/_client.py", line=99, function="post", ours=False)
names = st.text("abcdefghij", min_size=1, max_size=8)
VARYING = {
    "<n>": st.integers(0, 10**15).map(str)
    | st.floats(0, 1e6).map("{:.3f}".format)
    | st.integers(0, 2**64).map("{:#x}".format)
    | st.binary(min_size=4, max_size=20).map(bytes.hex).filter(lambda digest: not digest.isalpha()),
    "<id>": st.uuids(allow_nil=False).map(str),
    "<address>": st.builds("{}.{}@{}.example".format, names, names, names),
    "<url>": st.builds("https://{}.example/{}?page={}".format, names, names, st.integers(0, 99)),
    "<path>": st.builds("/var/{}/{}.txt".format, names, names),
    "<text>": st.text("abc 1-/é", max_size=20).map(repr),
}


@given(st.sampled_from(sorted(VARYING)).flatmap(lambda name: st.tuples(st.just(name), VARYING[name])))
def test_what_varies_is_named_instead(case: tuple[str, str]) -> None:
    name, value = case
    assert pattern(f"order {value} is unknown") == f"order {name} is unknown"


@given(st.text(max_size=2000))
def test_any_message_has_a_short_pattern_of_one_line(message: str) -> None:
    found = pattern(message)
    assert len(found) <= PATTERN
    assert "\n" not in found


@given(st.text(max_size=300), st.integers(1, 10**6))
def test_a_failure_is_alike_wherever_its_line_has_moved(message: str, line: int) -> None:
    moved = msgspec.structs.replace(SEND, line=line)
    assert fingerprint("Busy", message, (SEND, POST)) == fingerprint("Busy", message, (moved, POST))


@given(st.integers(), st.integers())
def test_a_failure_is_alike_whatever_number_it_names(one: int, other: int) -> None:
    assert fingerprint("Busy", f"order {abs(one)}", (SEND,)) == fingerprint("Busy", f"order {abs(other)}", (SEND,))


@given(st.lists(names.map(lambda name: Frame(file=f"lib/{name}.py", line=1, function=name, ours=False)), max_size=5))
def test_it_does_not_matter_by_which_libraries_it_came(libraries: list[Frame]) -> None:
    assert fingerprint("Busy", "no", (SEND, *libraries)) == fingerprint("Busy", "no", (SEND,))


@pytest.mark.parametrize(
    "other",
    [
        fingerprint("Calm", "no answer", (SEND,)),
        fingerprint("Busy", "no question", (SEND,)),
        fingerprint("Busy", "no answer", (msgspec.structs.replace(SEND, function="post"),)),
        fingerprint("Busy", "no answer", (msgspec.structs.replace(SEND, file="shop/fax.py"),)),
        fingerprint("Busy", "no answer"),
    ],
)
def test_another_class_message_or_place_is_another_failure(other: str) -> None:
    assert other != fingerprint("Busy", "no answer", (SEND,))


def test_plain_words_with_apostrophes_stay() -> None:
    assert pattern("it's the user's fault, don't retry") == "it's the user's fault, don't retry"


def test_only_the_first_line_counts() -> None:
    assert pattern("broken\n\nat 14:03 by mira") == "broken"


def test_a_long_message_without_any_end_takes_no_time() -> None:
    start = datetime.now(UTC)
    for text in ("a" * 10_000, "/a" * 5_000, "a." * 5_000, "'" * 9_999, "http://" * 2_000):
        pattern(text)
    assert datetime.now(UTC) - start < timedelta(seconds=1)


def test_lost_workers_are_one_group_whoever_they_were() -> None:
    lost = [ErrorInfo(kind="WorkerLost", message=f"Worker {uuid.uuid4()} stopped.") for _ in range(2)]
    assert group_of("send", lost[0]) == group_of("send", lost[1]) != group_of("resize", lost[0])


def test_a_recorded_fingerprint_counts_for_more_than_a_message_that_was_cut() -> None:
    whole = ErrorInfo(kind="Busy", message="no answer", frames=(SEND,), fingerprint=fingerprint("Busy", "x", (SEND,)))
    assert group_of("send", whole) == group_of("send", msgspec.structs.replace(whole, message="no a", frames=()))


def group(**changes: object) -> FailureGroup:
    known = {"id": "g", "type": "send", "kind": "Busy", "first_at": NOON, "last_at": NOON, "total": 1, "open": 1}
    return FailureGroup(**(known | changes))  # type: ignore[arg-type]


def test_a_group_is_new_since_the_last_deploy_or_for_a_day() -> None:
    later = NOON + timedelta(days=3)
    assert is_new(group(), None, now=NOON + timedelta(hours=1))
    assert not is_new(group(), None, now=later)
    assert is_new(group(), Deploy("2.0", NOON - timedelta(minutes=1)), now=later)
    assert not is_new(group(), Deploy("2.1", NOON + timedelta(minutes=1)), now=NOON + timedelta(minutes=2))


def test_a_mute_ends_by_itself() -> None:
    muted = group(muted=True, muted_until=NOON)
    assert muted.stands(NOON - timedelta(seconds=1)) == "muted"
    assert muted.stands(NOON) == "open"
    assert group(muted=True).stands(NOON + timedelta(days=999)) == "muted"
    assert group(open=0).stands(NOON) == "quiet"


def test_only_what_rises_is_called_rising() -> None:
    assert rises([0] * 22 + [2, 3])
    assert rises([1] * 22 + [4, 4])
    assert not rises([5] * 24)
    assert not rises([0] * 23 + [4]), "a handful is no spike"
    assert not rises([9] * 4 + [0] * 20)


def test_the_group_that_most_of_what_failed_lately_is_in_is_named() -> None:
    few, many = group(id="few"), group(id="many")
    assert chief([few, many], [(9, 0, 2), (0, 3, 4)], now=NOON) is many
    assert chief([few, many], [(0, 3, 4), (9, 0, 2)], now=NOON) is few


def test_where_no_group_stands_out_none_is_named() -> None:
    assert chief([], [], now=NOON) is None
    assert chief([group(id="a"), group(id="b")], [(3, 3), (3, 3)], now=NOON) is None
    assert chief([group(muted=True)], [(3, 3)], now=NOON) is None
    assert chief([group(open=0)], [(3, 3)], now=NOON) is None
    assert chief([group()], [(9, 0, 0)], now=NOON) is None, "it failed long ago"
