"""What of a payload a form cannot take, because the handler has changed since it was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.forms import names
from dashboard.forms.reading import MAX_ITEMS
from dashboard.forms.shapes import Kind, Shape
from dashboard.forms.writing import fits


def misfits(shape: Shape, value: Any, name: str = names.ROOT) -> list[str]:
    """Names of the places that have no input any more, or one that takes no such value."""
    if value is None and shape.nullable:
        return []
    match shape.kind:
        case Kind.STRUCT if isinstance(value, Mapping):
            return _members(shape, value, name)
        case Kind.LIST if isinstance(value, list) and len(value) <= MAX_ITEMS:
            return [
                place for at, item in enumerate(value) for place in misfits(shape.item(), item, names.under(name, at))
            ]
        case Kind.UNION:
            variant = next((variant for variant in shape.variants() if fits(variant, value)), None)
            return [name] if variant is None else misfits(variant, value, names.content(name))
        case Kind.STRUCT | Kind.LIST:
            return [name]
        case _:
            return [] if fits(shape, value) else [name]


def _members(shape: Shape, value: Mapping[str, Any], name: str) -> list[str]:
    members = {member.name: member.shape for member in shape.members()}
    found = []
    for key, item in value.items():
        place = names.under(name, str(key))
        found += misfits(members[key], item, place) if key in members else [place]
    return found
