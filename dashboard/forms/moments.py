"""The schema of a job type, with its datetimes marked.

JSON Schema's ``date-time`` has a zone. A ``datetime`` that may lack one is therefore a plain string to msgspec, and the
form would ask for any text. Here the annotations are read beside the schema, and the marks put in.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

import msgspec.inspect as info

from dashboard.forms.notation import resolved
from queueing.domain.registry import JobType

FORMATS: Final = {info.DateTimeType: "date-time", info.TimeType: "time"}


def schema_of(job_type: JobType) -> dict[str, Any]:
    schema = deepcopy(job_type.schema())
    if schema:
        _mark(schema, info.type_info(job_type.payload_type), schema, set())
    return schema


def _mark(schema: dict[str, Any], kind: info.Type, root: dict[str, Any], seen: set[str]) -> None:
    if isinstance(kind, info.Metadata):
        _mark(schema, kind.type, root, seen)
    elif type(kind) in FORMATS:
        schema["format"] = FORMATS[type(kind)]
    elif isinstance(kind, info.UnionType):
        _mark_union(schema, kind, root, seen)
    elif isinstance(kind, info.CollectionType) and "items" in schema:
        _mark(schema["items"], kind.item_type, root, seen)
    elif isinstance(kind, info.StructType | info.DataclassType | info.TypedDictType):
        _mark_members(schema, kind, root, seen)


def _mark_union(schema: dict[str, Any], kind: info.UnionType, root: dict[str, Any], seen: set[str]) -> None:
    parts = schema.get("anyOf", [])
    for part_kind in kind.types:
        if type(part_kind) in FORMATS:
            plain = [part for part in parts if part.get("type") == "string" and "format" not in part]
            for part in plain[:1]:
                part["format"] = FORMATS[type(part_kind)]
        elif isinstance(part_kind, info.StructType | info.DataclassType | info.TypedDictType):
            for part in parts:
                if resolved(part, root).get("title") == part_kind.cls.__name__:
                    _mark(part, part_kind, root, seen)


def _mark_members(
    schema: dict[str, Any],
    kind: info.StructType | info.DataclassType | info.TypedDictType,
    root: dict[str, Any],
    seen: set[str],
) -> None:
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    if name in seen:
        return
    seen.add(name)
    target = root.get("$defs", {}).get(name, schema)
    for member in kind.fields:
        if member.encode_name in target.get("properties", {}):
            _mark(target["properties"][member.encode_name], member.type, root, seen)
