from __future__ import annotations

import msgspec
import pytest

from dashboard.forms import complaints, rows, writing
from dashboard.forms.reading import NEEDED
from tests.dashboard.forms.ordering import Order, shape_of

SHAPE = shape_of(Order)
FORM = rows.picked(
    SHAPE, writing.blank(SHAPE) | {"p.to": "2", "p.more": "2", "p.pays": "1", "p.either": "0", "p.counts": "{}"}
)


@pytest.mark.parametrize(
    ("payload", "name", "text"),
    [
        ({"to": ["a@b", "x"]}, "p.to.1", "Expected str matching regex '^[^@]+@[^@]+$'."),
        ({"template": "spam"}, "p.template", "'spam' is none of the values."),
        ({"digest": {"week": "k"}}, "p.digest.week", "Expected int, got str."),
        ({"digest": {}}, "p.digest.week", NEEDED),
        ({"more": [{"week": 1}, {}]}, "p.more.1.week", NEEDED),
        ({"pays": {"type": "cash", "coins": "x"}}, "p.pays.=.coins", "Expected int, got str."),
        ({"counts": {"a": "x"}}, "p.counts", "Expected int, got str."),
        ({"pair": [1, 2]}, "p.pair", "Expected str, got int."),
        ({"price": "x"}, "p.price", "Invalid decimal."),
    ],
)
def test_msgspecs_word_is_put_beside_the_field_it_is_about(payload: dict[str, object], name: str, text: str) -> None:
    whole = {"to": ["a@b"], "template": "digest", "digest": {"week": 1}} | payload
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(msgspec.json.encode(whole), type=Order)
    assert complaints.place(SHAPE, FORM, str(caught.value)) == (name, text)


def test_a_missing_member_of_the_payload_itself_is_that_members() -> None:
    assert complaints.place(SHAPE, FORM, "Object missing required field `digest`") == ("p.digest", NEEDED)


def test_a_name_with_dots_finds_its_field() -> None:
    class Dotted(msgspec.Struct, rename={"a": "a.b", "c": "a"}):
        a: int = 0
        c: int = 0

    shape = shape_of(Dotted)
    message = "Expected `int`, got `str` - at `$.a.b`"
    assert complaints.place(shape, {}, message).name == "p.a%2Eb"


def test_what_names_no_place_is_about_the_payload() -> None:
    assert complaints.place(SHAPE, FORM, "Expected `object`, got `null`") == ("p", "Expected object, got null.")
