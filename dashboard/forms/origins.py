"""The job that another one is made from: what of it goes into the form, whoever wrote it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgspec
from django.utils import timezone

from queueing.domain.job import JobRecord
from queueing.domain.options import JobOptions
from queueing.domain.registry import JobType, Registry


def unregistered(payload: Any) -> None:
    """No code of this process knows the type: its payload is taken as it is."""


class Read(NamedTuple):
    """What the bytes of a message that is no job may have meant."""

    type: str
    """Empty: they do not say."""
    payload: Any


def type_of(registry: Registry, name: str, record: JobRecord | None = None) -> JobType | None:
    """The registered one; else, for a job that exists, one that takes any JSON."""
    known = registry.get(name)
    if known is None and record is not None and name == record.type and record.spec.encoding == "json":
        return JobType(name=name, handler=unregistered, queue=record.queue, options=record.options)
    return known


def options_of(record: JobRecord) -> JobOptions:
    """Those of the job, less an end of its time that has come: the new one would fail at once."""
    expires = record.options.expires_at
    if expires is not None and expires <= timezone.now():
        return msgspec.structs.replace(record.options, expires_at=None)
    return record.options


def meant(body: bytes) -> Read:
    """A type and a payload where there are such, else whatever JSON it is, else the text."""
    text = body.decode(errors="backslashreplace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Read("", text)
    if isinstance(value, dict) and isinstance(value.get("type"), str):
        return Read(value["type"], value.get("payload"))
    return Read("", value)
