"""A schema written as the annotation it came from: ``list[Address]``, ``date | None``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

FORMATS: Final = {
    "date": "date",
    "date-time": "datetime",
    "time": "time",
    "duration": "timedelta",
    "uuid": "UUID",
    "decimal": "Decimal",
}
TYPES: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def resolved(schema: Schema, root: Schema) -> Schema:
    """The schema that a ``$ref`` points to; what stands beside the reference wins."""
    while "$ref" in schema:
        target = root.get("$defs", {}).get(str(schema["$ref"]).removeprefix("#/$defs/"), {})
        schema = {**target, **{name: value for name, value in schema.items() if name != "$ref"}}
    return schema


def alternatives(schema: Schema, root: Schema) -> list[Schema] | None:
    """The parts of a union, those of unions in it included; None if it is no union."""
    if "anyOf" not in schema:
        return None
    found: list[Schema] = []
    for part in schema["anyOf"]:
        found += alternatives(resolved(part, root), root) or [part]
    return found


def of(schema: Schema, root: Schema) -> str:
    if parts := alternatives(schema, root):
        some = [part for part in parts if resolved(part, root).get("type") != "null"]
        return " | ".join(of(part, root) for part in some)
    found = resolved(schema, root)
    if title := found.get("title"):
        return str(title)
    if "enum" in found:
        return "Literal"
    if "contentEncoding" in found:
        return "bytes"
    match found.get("type"):
        case "string":
            return FORMATS.get(str(found.get("format")), "str")
        case "array":
            return _list(found, root)
        case "object":
            return _mapping(found, root)
        case str(name):
            return TYPES.get(name, name)
    return "Any"


def _list(schema: Schema, root: Schema) -> str:
    if "prefixItems" in schema:
        return f"tuple[{', '.join(optional(part, root) for part in schema['prefixItems'])}]"
    name = "set" if schema.get("uniqueItems") else "list"
    items = schema.get("items")
    return f"{name}[{optional(items, root)}]" if isinstance(items, Mapping) and items else name


def _mapping(schema: Schema, root: Schema) -> str:
    values = schema.get("additionalProperties")
    return f"dict[str, {optional(values, root)}]" if isinstance(values, Mapping) and values else "dict"


def optional(schema: Schema, root: Schema) -> str:
    """As :func:`of`, with ``| None`` where it may be null."""
    parts = alternatives(schema, root) or []
    nullable = any(resolved(part, root).get("type") == "null" for part in parts)
    return f"{of(schema, root)} | None" if nullable else of(schema, root)
