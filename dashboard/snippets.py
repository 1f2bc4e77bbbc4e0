"""A job as text to take along and run it with: a call in Python, a command, a message."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from dashboard import letterexport
from dashboard.forms.origins import type_of
from dashboard.signatures import as_call, as_command
from queueing.domain.job import JobRecord
from queueing.domain.registry import Registry

LONGEST = 16_384
"""Bytes of a payload; a longer one is no use on a command line, and would be written into the page three times."""


@dataclass(frozen=True, slots=True)
class Snippet:
    key: str
    label: str
    text: str


def of(job: JobRecord, registry: Registry, *, reveal: bool) -> list[Snippet]:
    """None for what is no job, or too long. What the page masks is masked here too."""
    job_type = type_of(registry, job.type, job)
    if job_type is None or job.spec.encoding != "json" or len(job.payload) > LONGEST:
        return []
    payload = msgspec.json.decode(job.payload)
    payload = payload if reveal else letterexport.masked(payload)
    queue = f" \\\n  --queue {job.queue}" if job.queue != job_type.queue else ""
    return [
        Snippet("python", "Python", as_call(job_type, payload)),
        Snippet("command", _("Command"), as_command(job_type, payload) + queue),
        Snippet("json", "JSON", json.dumps(_message(job, payload), indent=2, ensure_ascii=False)),
    ]


def _message(job: JobRecord, payload: Any) -> dict[str, Any]:
    """As any producer may send it to the queue."""
    found = {"type": job.type, "payload": payload}
    options = msgspec.to_builtins(job.options)
    return found | ({"options": letterexport.masked(options)} if options else {})
