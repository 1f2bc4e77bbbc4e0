from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.forms import reading, rows, writing
from tests.dashboard.forms.ordering import Card, Cash, Digest, Order, good, shape_of

SHAPE = shape_of(Order)


def typed(**more: str) -> dict[str, str]:
    changes = {f"p.{name.replace('__', '.')}": value for name, value in more.items()}
    return rows.picked(SHAPE, writing.blank(SHAPE) | good() | changes)


def test_a_form_as_it_is_first_shown_holds_the_defaults_and_asks_for_the_rest() -> None:
    found = reading.payload(SHAPE, writing.blank(SHAPE))
    assert found.payload["locale"] == "en"
    assert found.payload["copies"] == 3
    assert found.payload["pair"] == [1, "a"]
    needed = {"p.to.0", "p.template", "p.digest.week"}
    assert found.errors == dict.fromkeys(needed, reading.NEEDED)


def test_what_is_typed_becomes_what_the_handler_takes() -> None:
    form = typed(either="0", copies="7", at="2026-11-24T10:42:00+01:00", ratio="0.5", sure="false")
    form["p.either.="] = "12"
    found = reading.payload(SHAPE, form)
    assert found.errors == {}
    order = msgspec.convert(found.payload, Order)
    assert order.to == ["mira@example.org"]
    assert order.digest == Digest(week=47)
    assert (order.either, order.copies, order.ratio, order.sure) == (12, 7, 0.5, False)


def test_every_wrong_field_is_named_at_once() -> None:
    found = reading.payload(SHAPE, typed(copies="x", ratio="nan", counts="{", digest__week="", template="spam"))
    assert {name: text.split(":")[0] for name, text in found.errors.items()} == {
        "p.copies": "This is not a whole number.",
        "p.ratio": "JSON has no such number.",
        "p.counts": "This is not JSON",
        "p.digest.week": "This is needed.",
        "p.template": "'spam' is not one of the choices.",
    }


def test_limits_are_checked_beside_each_other() -> None:
    def shape(kind: Any) -> Any:
        return shape_of(msgspec.defstruct("Limited", [("x", kind)]))

    def wrong(kind: Any, text: str) -> str | None:
        return reading.payload(shape(kind), {"p.x": text}).errors.get("p.x")

    whole = Annotated[int, msgspec.Meta(gt=0, lt=10)]
    assert [wrong(whole, text) for text in ("0", "5", "10")] == [
        "This must be more than 0.",
        None,
        "This must be less than 10.",
    ]
    short = Annotated[str, msgspec.Meta(min_length=2, max_length=3)]
    assert [wrong(short, text) for text in ("a", "ab", "abcd")] == [
        "2 characters or more, not 1.",
        None,
        "3 characters at most, not 4.",
    ]
    assert reading.payload(SHAPE, typed(copies="11")).errors == {"p.copies": "This must be 10 or less."}


def test_an_empty_field_means_none_where_it_may_the_default_where_it_has_one_and_empty_text_for_text() -> None:
    class Note(msgspec.Struct):
        title: str = "hello"
        count: int = 3
        when: str | None = "now"

    found = reading.payload(shape_of(Note), {"p.title": "", "p.count": "", "p.when": ""})
    assert found.payload == {"title": "", "when": None}
    assert found.errors == {}


def test_a_list_without_rows_is_left_to_a_default_that_the_schema_does_not_tell() -> None:
    assert "more" not in reading.payload(SHAPE, typed()).payload


def test_a_tagged_variant_carries_its_tag_without_being_asked() -> None:
    form = typed(pays="1")
    form["p.pays.=.coins"] = "5"
    found = reading.payload(SHAPE, form)
    assert msgspec.convert(found.payload, Order).pays == Cash(coins=5)


def test_a_list_is_as_long_as_its_form_says_but_never_longer_than_a_form_may_be() -> None:
    assert reading.count({"p.to": "7"}, "p.to") == 7
    assert reading.count({"p.to": "99999999999"}, "p.to") == reading.MAX_ITEMS
    assert [reading.count({"p.to": text}, "p.to") for text in ("", "-1", "x", "²")] == [0, 0, 0, 0]


@pytest.mark.parametrize("text", ["9" * 5000, "1e400", "-Infinity", "[" * 100_000, '{"a": NaN}'])
def test_hostile_numbers_and_depths_are_errors_and_nothing_worse(text: str) -> None:
    found = reading.payload(SHAPE, typed(copies=text, ratio=text, anything=text))
    assert {"p.copies", "p.ratio"} <= found.errors.keys()


orders = st.builds(
    Order,
    to=st.lists(st.just("a@b"), max_size=3),
    template=st.sampled_from(["digest", "welcome"]),
    digest=st.builds(Digest, week=st.integers(-(2**63), 2**63), since=st.none() | st.dates()),
    copies=st.integers(1, 10),
    ratio=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    either=st.none() | st.integers(-(2**53), 2**53) | st.text("abc", min_size=1),
    pays=st.none()
    | st.builds(Card, number=st.text("0123456789", min_size=1))
    | st.builds(Cash, coins=st.integers(0, 9)),
    counts=st.dictionaries(st.text("abc"), st.integers(0, 9), min_size=1),
    anything=st.none() | st.lists(st.integers(0, 9)) | st.dictionaries(st.text("ab"), st.booleans()),
    more=st.lists(st.builds(Digest, week=st.integers(0, 53)), min_size=1, max_size=2),
    sure=st.none() | st.booleans(),
    marks=st.sets(st.text("abc", min_size=1), min_size=1, max_size=2),
)


# How fast a busy machine draws says nothing about the form.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(orders)
def test_a_payload_written_into_the_form_and_read_from_it_is_the_same(order: Order) -> None:
    value = msgspec.to_builtins(order)
    value = msgspec.json.decode(msgspec.json.encode(value))
    found = reading.payload(SHAPE, writing.written(SHAPE, value))
    assert found.errors == {}
    assert found.payload == value


@given(st.dictionaries(st.from_regex(r"p(\.(to|pays|digest|more|=|0|1|week|coins)){0,5}", fullmatch=True), st.text()))
def test_whatever_is_posted_the_form_can_be_read_drawn_and_changed(form: dict[str, str]) -> None:
    form = rows.picked(SHAPE, form)
    reading.payload(SHAPE, form)
    for name in form:
        rows.added(SHAPE, form, name)
        rows.removed(form, name)
