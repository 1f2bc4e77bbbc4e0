"""One act on something else than jobs: tried, and booked however it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.http import HttpRequest

from dashboard import audit
from dashboard.audit import Subject
from dashboard.enginewords import said
from dashboard.models import AuditEntry
from queueing.errors import LeveretError


@dataclass(slots=True)
class Deed:
    """What the view fills in while it acts."""

    count: int = 1
    detail: str = ""
    result: str = AuditEntry.Result.DONE
    failure: str = ""
    """Why it did not go through; empty where it did."""
    about: Sequence[Subject] = ()
    """What it is found by in the audit log, beside its target."""


@contextmanager
def attempt(request: HttpRequest, verb: str, target: str, *, reason: str = "") -> Iterator[Deed]:
    """What the engine refuses ends up in ``failure``; anything else is not caught."""
    deed = Deed()
    try:
        yield deed
    except LeveretError as error:
        deed.failure, deed.detail, deed.result = said(error), str(error), AuditEntry.Result.FAILED
    audit.record(
        request,
        verb,
        target,
        count=deed.count,
        reason=reason,
        result=deed.result,
        detail=deed.detail,
        about=deed.about,
    )
