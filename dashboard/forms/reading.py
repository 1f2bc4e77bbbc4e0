"""From what was typed to a payload, with an error for each place that is not one."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dashboard.enginewords import said
from dashboard.forms import names
from dashboard.forms.limits import broken
from dashboard.forms.shapes import NO_DEFAULT, UNKNOWN, Kind, Member, Shape
from dashboard.forms.writing import text_of
from queueing.domain.misfits import malformed

MAX_ITEMS: Final = 100
"""Rows of one list: Django takes 1,000 fields in a form. A longer list is what the JSON view is for."""
LONGEST: Final = 1000
"""Digits of a number in JSON; Python itself refuses more than 4300."""
LEFT_OUT: Final = object()
NEEDED: Final = gettext_noop("This is needed.")


@dataclass(frozen=True, slots=True)
class Reading:
    payload: Any
    """With what could be read; a place with an error holds what was typed."""
    errors: dict[str, str]
    """By the input's name."""


def payload(shape: Shape, typed: Mapping[str, str]) -> Reading:
    reader = Reader(typed)
    return Reading(reader.read(shape, names.ROOT, required=True), reader.errors)


def count(typed: Mapping[str, str], name: str) -> int:
    """How many items a list's form has."""
    text = typed.get(name, "")
    return min(int(text), MAX_ITEMS) if text.isascii() and text.isdigit() else 0


def chosen(shape: Shape, typed: Mapping[str, str], name: str) -> int | None:
    """Which variant of a union is chosen."""
    text = typed.get(name, "")
    known = text.isascii() and text.isdigit() and int(text) < len(shape.alternatives)
    return int(text) if known else None


@dataclass(slots=True)
class Reader:
    typed: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def read(self, shape: Shape, name: str, *, required: bool, default: Any = NO_DEFAULT) -> Any:
        match shape.kind:
            case Kind.STRUCT:
                members = ((member.name, self.member(member, name)) for member in shape.members())
                return {key: value for key, value in members if value is not LEFT_OUT}
            case Kind.LIST:
                return self.items(shape, name, default)
            case Kind.UNION:
                return self.variant(shape, name, required)
            case Kind.BOOLEAN if not shape.nullable:
                return self.typed.get(name) == "true"
            case _:
                return self.scalar(shape, name, required, default)

    def member(self, member: Member, parent: str) -> Any:
        name = names.under(parent, member.name)
        return self.read(member.shape, name, required=member.required, default=member.default)

    def items(self, shape: Shape, name: str, default: Any) -> Any:
        places = [names.under(name, index) for index in range(count(self.typed, name))]
        if not places and default is UNKNOWN:
            return LEFT_OUT
        read = [self.read(shape.item(), place, required=True) for place in places]
        found = [value for value in read if value is not LEFT_OUT]
        if wrong := broken(shape, found):
            self.errors[name] = wrong
        return found

    def variant(self, shape: Shape, name: str, required: bool) -> Any:
        index = chosen(shape, self.typed, name)
        if index is not None:
            return self.read(shape.variants()[index], names.content(name), required=True)
        if not shape.nullable and required:
            self.errors[name] = _("Choose one.")
        return None if shape.nullable else LEFT_OUT

    def scalar(self, shape: Shape, name: str, required: bool, default: Any) -> Any:
        text = self.typed.get(name, "").replace("\r\n", "\n")
        if shape.kind is not Kind.TEXT:
            text = text.strip()
        if not text:
            return self.nothing(shape, name, required, default)
        try:
            value = convert(shape, text)
        except ValueError as refused:
            self.errors[name] = str(refused)
            return text
        if wrong := broken(shape, value):
            self.errors[name] = wrong
        return value

    def nothing(self, shape: Shape, name: str, required: bool, default: Any) -> Any:
        if shape.nullable:
            return None
        if required:
            self.errors[name] = _(NEEDED)
        elif shape.kind is Kind.TEXT and not shape.format and default is not UNKNOWN:
            return ""
        return LEFT_OUT


def convert(shape: Shape, text: str) -> Any:
    """Raises ValueError with what to say."""
    match shape.kind:
        case Kind.INTEGER:
            return _integer(text)
        case Kind.NUMBER:
            return _number(text)
        case Kind.BOOLEAN | Kind.CHOICE:
            choices = shape.choices or (True, False)
            found = [choice for choice in choices if text_of(choice) == text]
            if not found:
                raise ValueError(_("%(text)r is not one of the choices.") % {"text": text})
            return found[0]
        case Kind.JSON:
            return from_json(text)
    return text


def _integer(text: str) -> int:
    try:
        if len(text) > 400:
            raise ValueError
        return int(text.replace(",", "").replace("\u202f", "").replace(" ", ""))
    except ValueError:
        raise ValueError(_("This is not a whole number.")) from None


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(_("This is not a number.")) from None
    if not math.isfinite(value):
        raise ValueError(_("JSON has no such number."))
    return value


def from_json(text: str) -> Any:
    """Raises ValueError saying where the JSON ends to be JSON."""
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as wrong:
        place = {"what": said(malformed(wrong.msg)), "line": wrong.lineno, "column": wrong.colno}
        raise ValueError(_("This is not JSON: %(what)s in line %(line)s, column %(column)s.") % place) from None
    except RecursionError:
        raise ValueError(_("This is nested too deeply.")) from None
    except UnicodeEncodeError as wrong:
        # Half of a pair: nothing that is stored, sent or shown can hold it.
        _no_constant(ascii(wrong.object[wrong.start])[1:-1])
    return value


def _no_constant(word: str) -> NoReturn:
    raise ValueError(_("JSON has no %(word)s.") % {"word": word})


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_constant(text)


def _whole(text: str) -> int:
    return int(text) if len(text) <= LONGEST else _no_constant(f"{text[:20]}…")
