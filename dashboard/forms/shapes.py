"""What a JSON Schema, as msgspec writes them, asks a form to take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias

from dashboard.forms import notation

Schema: TypeAlias = Mapping[str, Any]

UNKNOWN: Final = object()
"""There is a default, but the schema does not tell it: a factory makes it."""
NO_DEFAULT: Final = object()


class Kind(Enum):
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    LIST = "list"
    STRUCT = "struct"
    UNION = "union"
    JSON = "json"
    """Anything else, typed as JSON."""

    @property
    def is_scalar(self) -> bool:
        return self not in (Kind.LIST, Kind.STRUCT, Kind.UNION)


SCALARS: Final = {
    "string": Kind.TEXT,
    "integer": Kind.INTEGER,
    "number": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One place of the payload. Its parts are read when they are asked for: a schema may contain itself."""

    kind: Kind
    schema: Schema
    root: Schema = field(repr=False)
    nullable: bool = False
    choices: tuple[Any, ...] = ()
    alternatives: tuple[Schema, ...] = ()

    @property
    def type(self) -> str:
        """As Python writes it: ``date | None``."""
        text = notation.of(self.schema, self.root)
        return f"{text} | None" if self.nullable else text

    @property
    def format(self) -> str:
        return str(self.schema.get("format", ""))

    @property
    def help(self) -> str:
        return str(self.schema.get("description", ""))

    @property
    def example(self) -> str:
        examples = self.schema.get("examples") or ()
        return str(examples[0]) if examples else ""

    @property
    def limits(self) -> dict[str, Any]:
        return {name: self.schema[name] for name in LIMITS if name in self.schema}

    def members(self) -> list[Member]:
        required = self.schema.get("required", ())
        return [
            Member(name, read(part, self.root), name in required, part.get("default", UNKNOWN))
            if name not in required
            else Member(name, read(part, self.root), True, NO_DEFAULT)
            for name, part in self.schema.get("properties", {}).items()
        ]

    def item(self) -> Shape:
        return read(self.schema.get("items", {}), self.root)

    def variants(self) -> list[Shape]:
        return [read(part, self.root) for part in self.alternatives]


LIMITS: Final = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "minItems", "maxItems"),
)


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    shape: Shape
    required: bool
    default: Any

    @property
    def prefilled(self) -> bool:
        return self.default is not NO_DEFAULT and self.default is not UNKNOWN


def read(schema: Schema, root: Schema | None = None) -> Shape:
    """The shape of a schema. What no field fits (maps, tuples, recursive unions of anything) is typed as JSON."""
    root = schema if root is None else root
    found = notation.resolved(schema, root)
    alternatives = notation.alternatives(found, root)
    if alternatives is not None:
        return _union(found, alternatives, root)
    if "enum" in found:
        return _choice(found, root)
    match found:
        case {"type": str(name)} if name in SCALARS and "contentEncoding" not in found:
            return Shape(kind=SCALARS[name], schema=found, root=root)
        case {"type": "string"}:
            return Shape(kind=Kind.TEXT, schema=found, root=root)
        case {"type": "array", "items": dict()} if "prefixItems" not in found:
            return Shape(kind=Kind.LIST, schema=found, root=root)
        case {"type": "object", "properties": dict()}:
            return Shape(kind=Kind.STRUCT, schema=found, root=root)
    return Shape(kind=Kind.JSON, schema=found, root=root)


def _choice(schema: Schema, root: Schema) -> Shape:
    values = tuple(value for value in schema["enum"] if value is not None)
    return Shape(kind=Kind.CHOICE, schema=schema, root=root, choices=values, nullable=None in schema["enum"])


def _union(schema: Schema, parts: list[Schema], root: Schema) -> Shape:
    """``T | None`` of something that can be left blank is that, nullable; everything else is chosen from."""
    some = tuple(part for part in parts if notation.resolved(part, root).get("type") != "null")
    nullable = len(some) < len(parts)
    if len(some) == 1:
        only = read({**notation.resolved(some[0], root), **_said(schema)}, root)
        if only.kind.is_scalar:
            return Shape(kind=only.kind, schema=only.schema, root=root, nullable=True, choices=only.choices)
    return Shape(kind=Kind.UNION, schema=schema, root=root, nullable=nullable, alternatives=some)


def _said(schema: Schema) -> dict[str, Any]:
    return {name: schema[name] for name in ("description", "examples") if name in schema}
