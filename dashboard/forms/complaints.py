"""msgspec names one place that is wrong, as ``… - at `$.to[1].name```. Which input of the form is that?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from django.utils.translation import gettext as _

from dashboard.enginewords import said
from dashboard.forms import names
from dashboard.forms.reading import NEEDED, chosen
from dashboard.forms.shapes import Kind, Shape
from queueing.domain.misfits import misfit

AT: Final = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
MISSING: Final = re.compile(r"^Object missing required field `(?P<name>[^`]*)`$")
INDEX: Final = re.compile(r"^\[(\d+)\]")


class Complaint(NamedTuple):
    name: str
    """Of the input, or of the nearest part of the form around the place."""
    text: str


def place(shape: Shape, typed: Mapping[str, str], message: str) -> Complaint:
    """The input that an error of msgspec is about, and what to say beside it."""
    at = AT.search(message)
    path = at["path"] if at else ""
    text = message[: at.start()] if at else message
    if missing := MISSING.match(text):
        path, text = f"{path}.{missing['name']}", _(NEEDED)
    return Complaint(_down(shape, typed, names.ROOT, path), _sentence(said(misfit(text))))


def _down(shape: Shape, typed: Mapping[str, str], name: str, path: str) -> str:
    """As far as the form has inputs of its own; what lies deeper belongs to the JSON typed there."""
    if shape.kind is Kind.UNION:
        index = chosen(shape, typed, name)
        return name if index is None else _down(shape.variants()[index], typed, names.content(name), path)
    if shape.kind is Kind.LIST and (index_at := INDEX.match(path)):
        return _down(shape.item(), typed, names.under(name, index_at[1]), path[index_at.end() :])
    if shape.kind is Kind.STRUCT:
        # The longest name first: msgspec does not escape the dots of a field's name.
        for member in sorted(shape.members(), key=lambda member: -len(member.name)):
            rest = path.removeprefix(f".{member.name}")
            if rest != path and rest[:1] in ("", ".", "["):
                return _down(member.shape, typed, names.under(name, member.name), rest)
    return name


def _sentence(text: str) -> str:
    plain = text.replace("`", "")
    return plain if plain.endswith((".", "!", "?")) else f"{plain}."
