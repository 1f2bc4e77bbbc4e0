"""A job type as code: its handler's signature, and a payload as the call or the command that would enqueue it."""

from __future__ import annotations

import inspect
import json
import re
import shlex
from typing import Any

from dashboard.forms.origins import unregistered
from queueing.domain.registry import JobType

MODULES = re.compile(r"\b(?:[a-zA-Z_]\w*\.)+(?=[A-Za-z_]\w*)")


def signature(job_type: JobType) -> str:
    """``send_email(email: EmailJob) → str``, without the modules."""
    if job_type.handler is unregistered:
        return f"{job_type.name}(any JSON)"
    try:
        found = inspect.signature(job_type.handler, eval_str=True)
    except (NameError, TypeError, ValueError):
        return job_type.name
    text = inspect.formatannotation(found.return_annotation) if found.return_annotation is not found.empty else ""
    parameters = MODULES.sub("", str(found.replace(return_annotation=found.empty)))
    return f"{job_type.name}{parameters}{' → ' + MODULES.sub('', text) if text else ''}"


def as_call(job_type: JobType, payload: Any) -> str:
    if job_type.handler is unregistered:
        return f"await queue.add({job_type.name!r}, {payload!r})"
    name = getattr(job_type.handler, "__name__", job_type.name)
    if job_type.spread and isinstance(payload, dict) and all(key.isidentifier() for key in payload):
        arguments = ",\n".join(f"    {key}={value!r}" for key, value in payload.items())
        return f"{name}.enqueue(\n{arguments},\n)" if payload else f"{name}.enqueue()"
    return f"{name}.enqueue({payload!r})"


def as_command(job_type: JobType, payload: Any) -> str:
    text = json.dumps(payload, ensure_ascii=False)
    any_type = " --any-type" if job_type.handler is unregistered else ""
    return f"manage.py enqueue{any_type} {shlex.quote(job_type.name)} \\\n  {shlex.quote(text)}"
