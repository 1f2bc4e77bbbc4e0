"""From a payload to what a form shows of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dashboard.forms import names
from dashboard.forms.shapes import Kind, Member, Shape


def blank(shape: Shape, name: str = names.ROOT) -> dict[str, str]:
    """A form as it is first shown: defaults filled in, one empty item in each list that must have some."""
    match shape.kind:
        case Kind.STRUCT:
            typed: dict[str, str] = {}
            for member in shape.members():
                typed |= _member(member, names.under(name, member.name))
            return typed
        case Kind.LIST:
            count = int(shape.limits.get("minItems", 0))
            typed = {name: str(count)}
            for index in range(count):
                typed |= blank(shape.item(), names.under(name, index))
            return typed
        case Kind.UNION:
            return {name: ""} if shape.nullable else {name: "0"} | blank(shape.variants()[0], names.content(name))
        case Kind.BOOLEAN if not shape.nullable:
            return {}
        case Kind.CHOICE if len(shape.choices) == 1 and not shape.nullable:
            return {name: text_of(shape.choices[0])}
        case _:
            return {name: ""}


def _member(member: Member, name: str) -> dict[str, str]:
    if member.prefilled and (member.default is not None or member.shape.nullable):
        return written(member.shape, member.default, name)
    if member.required and member.shape.kind is Kind.LIST:
        return {name: "1"} | blank(member.shape.item(), names.under(name, 0))
    return blank(member.shape, name)


def written(shape: Shape, value: Any, name: str = names.ROOT) -> dict[str, str]:
    """A form filled with ``value``. What does not fit the shape is shown as it is, for the reader to correct."""
    match shape.kind:
        case Kind.STRUCT if isinstance(value, Mapping):
            typed: dict[str, str] = {}
            for member in shape.members():
                place = names.under(name, member.name)
                given = member.name in value
                typed |= written(member.shape, value[member.name], place) if given else _member(member, place)
            return typed
        case Kind.LIST if isinstance(value, list | tuple):
            typed = {name: str(len(value))}
            for index, item in enumerate(value):
                typed |= written(shape.item(), item, names.under(name, index))
            return typed
        case Kind.UNION:
            return _variant(shape, value, name)
        case Kind.BOOLEAN if isinstance(value, bool):
            return {name: text_of(value)} if value or shape.nullable else {}
        case Kind.STRUCT | Kind.LIST:
            return blank(shape, name)
        case Kind.JSON:
            return {name: "" if value is None and shape.nullable else json_of(value)}
        case _:
            return {name: "" if value is None else text_of(value)}


def _variant(shape: Shape, value: Any, name: str) -> dict[str, str]:
    if value is None:
        return {name: ""}
    variants = shape.variants()
    index = next((index for index, variant in enumerate(variants) if fits(variant, value)), 0)
    return {name: str(index)} | written(variants[index], value, names.content(name))


def fits(shape: Shape, value: Any) -> bool:
    """Whether a value looks as if it were of this variant: its JSON type is right, and the tag if there is one."""
    match shape.kind:
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.CHOICE:
            return value in shape.choices
        case Kind.LIST:
            return isinstance(value, list)
        case Kind.STRUCT:
            return isinstance(value, Mapping) and all(
                member.name in value
                and (member.shape.kind is not Kind.CHOICE or fits(member.shape, value[member.name]))
                for member in shape.members()
                if member.required
            )
        case _:
            return True


def text_of(value: Any) -> str:
    """A scalar as it is typed: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def json_of(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
