from __future__ import annotations

from dashboard.forms import rows, writing
from tests.dashboard.forms.ordering import Order, shape_of

SHAPE = shape_of(Order)


def test_an_item_more_is_empty_and_comes_last() -> None:
    form = rows.added(SHAPE, writing.blank(SHAPE) | {"p.to.0": "a@b"}, "p.to")
    assert (form["p.to"], form["p.to.0"], form["p.to.1"]) == ("2", "a@b", "")


def test_an_item_of_a_struct_brings_its_fields() -> None:
    form = rows.added(SHAPE, writing.blank(SHAPE), "p.more")
    assert {name for name in form if name.startswith("p.more.")} == {"p.more.0.week", "p.more.0.since"}


def test_what_stands_behind_a_removed_item_moves_up_with_all_its_fields() -> None:
    form = {"p.more": "3", "p.more.0.week": "1", "p.more.1.week": "2", "p.more.2.week": "3", "p.track": "true"}
    assert rows.removed(form, "p.more.1") == {
        "p.more": "2",
        "p.more.0.week": "1",
        "p.more.1.week": "3",
        "p.track": "true",
    }


def test_a_list_of_more_than_ten_is_moved_by_number_and_not_by_letter() -> None:
    form = {"p.to": "12"} | {f"p.to.{n}": str(n) for n in range(12)}
    left = rows.removed(form, "p.to.1")
    assert [left[f"p.to.{n}"] for n in range(11)] == ["0", *map(str, range(2, 12))]


def test_removing_what_is_not_there_changes_nothing() -> None:
    form = {"p.to": "1", "p.to.0": "a"}
    for name in ("p.to.1", "p.to.x", "p.gone.0", "", "p"):
        assert rows.removed(form, name) == form


def test_adding_to_what_is_no_list_changes_nothing() -> None:
    form = writing.blank(SHAPE)
    for name in ("p.template", "p.gone", "p", "", "p.to.0.0.0"):
        assert rows.added(SHAPE, form, name) == form


def test_a_list_does_not_grow_beyond_what_a_form_may_hold() -> None:
    form = {"p.to": "100"}
    assert rows.added(SHAPE, form, "p.to") == form


def test_a_chosen_variant_brings_its_fields_and_keeps_what_was_typed() -> None:
    form = rows.picked(SHAPE, {"p.pays": "0", "p.pays.=.number": "4242"})
    assert form["p.pays.=.number"] == "4242"
    assert form["p.pays.=.type"] == "card"
