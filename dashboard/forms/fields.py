"""A form as a template draws it: each place with its input, what is in it, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from dashboard.forms import names
from dashboard.forms.reading import MAX_ITEMS, chosen, count
from dashboard.forms.shapes import UNKNOWN, Kind, Member, Shape
from dashboard.forms.writing import text_of

INPUT_TYPES: Final = {"date": "date", "uri": "url", "email": "email"}
PLACEHOLDERS: Final = {
    "date-time": "2026-11-24T10:42:00Z",
    "time": "10:42:00",
    "duration": "PT1H30M",
    "uuid": "01932f0e-7c1a-7bb2-a5d0-6f5b0a3c9e11",
}
LONG: Final = 60
"""Characters above which text is given room for several lines."""


class Choice(NamedTuple):
    value: str
    label: str
    selected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    label: str
    shape: Shape
    required: bool
    value: str = ""
    default: str = ""
    """As Python writes it; empty where there is none."""
    error: str = ""
    parts: tuple[Field, ...] = field(default=())
    """Members of a struct, items of a list, the chosen variant of a union."""
    choices: tuple[Choice, ...] = ()

    @property
    def id(self) -> str:
        return f"f-{self.name}"

    @property
    def kind(self) -> str:
        """Names the template's part."""
        match self.shape.kind:
            case Kind.BOOLEAN if not self.shape.nullable:
                return "switch"
            case Kind.CHOICE if self.required and len(self.shape.choices) == 1:
                return "constant"
            case Kind.BOOLEAN | Kind.CHOICE:
                return "choice"
            case Kind.TEXT if self._is_long:
                return "long"
            case Kind.TEXT | Kind.INTEGER | Kind.NUMBER:
                return "line"
        return str(self.shape.kind.value)

    @property
    def type(self) -> str:
        return f"{self.shape.type} = {self.default}" if self.default else self.shape.type

    @property
    def input_type(self) -> str:
        return INPUT_TYPES.get(self.shape.format, "text")

    @property
    def is_short(self) -> bool:
        return self.shape.kind in (Kind.INTEGER, Kind.NUMBER) or self.shape.format in ("date", "time", "duration")

    @property
    def input_mode(self) -> str:
        match self.shape.kind:
            case Kind.INTEGER:
                return "numeric"
            case Kind.NUMBER:
                return "decimal"
        return ""

    @property
    def placeholder(self) -> str:
        return self.shape.example or PLACEHOLDERS.get(self.shape.format, "")

    @property
    def is_on(self) -> bool:
        return self.value == "true"

    @property
    def may_grow(self) -> bool:
        return len(self.parts) < min(MAX_ITEMS, int(self.shape.limits.get("maxItems", MAX_ITEMS)))

    @property
    def _is_long(self) -> bool:
        plain = not self.shape.format and "pattern" not in self.shape.limits
        roomy = self.shape.limits.get("maxLength", 0) > 200 or self.label in ("body", "message", "text", "html")
        return plain and (roomy or len(self.value) > LONG or "\n" in self.value)


def bind(shape: Shape, typed: Mapping[str, str], errors: Mapping[str, str]) -> Field:
    return Binder(typed, errors).field(shape, names.ROOT, label="payload", required=True)


@dataclass(frozen=True, slots=True)
class Binder:
    typed: Mapping[str, str]
    errors: Mapping[str, str]

    def field(self, shape: Shape, name: str, *, label: str, required: bool, default: str = "") -> Field:
        return Field(
            name=name,
            label=label,
            shape=shape,
            required=required and not shape.nullable,
            value=self.typed.get(name, ""),
            default=default,
            error=self.errors.get(name, ""),
            parts=tuple(self.parts(shape, name)),
            choices=tuple(self.choices(shape, name, required or bool(default))),
        )

    def parts(self, shape: Shape, name: str) -> list[Field]:
        match shape.kind:
            case Kind.STRUCT:
                return [self.member(member, name) for member in shape.members()]
            case Kind.LIST:
                return [
                    self.field(shape.item(), names.under(name, index), label=f"{index + 1}", required=True)
                    for index in range(count(self.typed, name))
                ]
            case Kind.UNION if (index := chosen(shape, self.typed, name)) is not None:
                variant = shape.variants()[index]
                return [self.field(variant, names.content(name), label=variant.type, required=True)]
        return []

    def member(self, member: Member, parent: str) -> Field:
        return self.field(
            member.shape,
            names.under(parent, member.name),
            label=member.name,
            required=member.required,
            default=default_of(member),
        )

    def choices(self, shape: Shape, name: str, must: bool) -> list[Choice]:
        value = self.typed.get(name, "")
        match shape.kind:
            case Kind.CHOICE:
                offered = [(text_of(choice), text_of(choice)) for choice in shape.choices]
            case Kind.BOOLEAN if shape.nullable:
                offered = [("true", _("yes")), ("false", _("no"))]
            case Kind.UNION:
                offered = [(str(index), variant.type) for index, variant in enumerate(shape.variants())]
            case _:
                return []
        if shape.nullable:
            offered.insert(0, ("", pgettext("option", "none")))
        elif not value or not must:
            offered.insert(0, ("", _("Choose one") if must else _("left out")))
        return [Choice(text, label, text == value) for text, label in offered]


def default_of(member: Member) -> str:
    if member.required:
        return ""
    if member.default is UNKNOWN:
        return "…"
    text = f'"{member.default}"' if isinstance(member.default, str) else repr(member.default)
    return text if len(text) <= 24 else "…"
