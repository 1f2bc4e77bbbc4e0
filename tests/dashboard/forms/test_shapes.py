from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from dashboard.forms.moments import schema_of
from dashboard.forms.shapes import Kind, read
from queueing.domain.registry import describe
from tests.dashboard.forms.ordering import Node, Order, shape_of

SHAPE = shape_of(Order)
MEMBERS = {member.name: member for member in SHAPE.members()}


@pytest.mark.parametrize(
    ("name", "kind", "type_"),
    [
        ("to", Kind.LIST, "list[str]"),
        ("template", Kind.CHOICE, "Literal"),
        ("digest", Kind.STRUCT, "Digest"),
        ("locale", Kind.CHOICE, "Locale"),
        ("track", Kind.BOOLEAN, "bool"),
        ("copies", Kind.INTEGER, "int"),
        ("ratio", Kind.NUMBER, "float | None"),
        ("either", Kind.UNION, "int | str | None"),
        ("pays", Kind.UNION, "Card | Cash | None"),
        ("pause", Kind.TEXT, "timedelta"),
        ("key", Kind.TEXT, "UUID | None"),
        ("price", Kind.TEXT, "Decimal | None"),
        ("raw", Kind.TEXT, "bytes"),
        ("counts", Kind.JSON, "dict[str, int]"),
        ("pair", Kind.JSON, "tuple[int, str]"),
        ("anything", Kind.JSON, "Any"),
        ("more", Kind.LIST, "list[Digest]"),
        ("sure", Kind.BOOLEAN, "bool | None"),
        ("marks", Kind.LIST, "set[str]"),
    ],
)
def test_each_annotation_becomes_its_kind_of_field_and_is_written_as_python_does(
    name: str, kind: Kind, type_: str
) -> None:
    assert (MEMBERS[name].shape.kind, MEMBERS[name].shape.type) == (kind, type_)


def test_a_member_knows_whether_it_is_needed_and_its_default() -> None:
    assert MEMBERS["to"].required
    assert not MEMBERS["to"].prefilled
    assert (MEMBERS["locale"].required, MEMBERS["locale"].default) == (False, "en")
    assert not MEMBERS["counts"].prefilled, "a factory's default is not in the schema"


def test_help_limits_and_examples_come_from_the_annotation() -> None:
    assert MEMBERS["copies"].shape.help == "How often it is sent."
    assert MEMBERS["copies"].shape.limits == {"minimum": 1, "maximum": 10}
    assert MEMBERS["to"].shape.item().example == "mira@example.org"
    assert MEMBERS["digest"].shape.help == "What the digest covers."


def test_a_type_that_contains_itself_is_read_as_far_as_somebody_looks() -> None:
    [_, children] = shape_of(Node).members()
    assert [member.name for member in children.shape.item().members()] == ["name", "children"]


@pytest.mark.parametrize("schema", [{}, {"type": "object"}, {"$ref": "#/$defs/Gone"}])
def test_what_a_schema_does_not_tell_is_typed_as_json(schema: dict[str, Any]) -> None:
    assert read(schema).kind is Kind.JSON


def test_a_datetime_that_may_lack_a_zone_is_asked_for_as_one() -> None:
    def remind(at: dt.datetime, until: dt.datetime | None, times: list[dt.time], order: Order, node: Node) -> None: ...

    shape = read(schema_of(describe("remind", remind)))
    assert [member.shape.type for member in shape.members()][:3] == ["datetime", "datetime | None", "list[time]"]
    [_, _, _, order, _] = shape.members()
    assert next(member for member in order.shape.members() if member.name == "at").shape.type == "datetime | None"


def test_marking_datetimes_leaves_the_job_types_own_schema_alone() -> None:
    def remind(at: dt.datetime) -> None: ...

    job_type = describe("remind", remind)
    before = job_type.schema()
    schema_of(job_type)
    assert job_type.schema() == before
