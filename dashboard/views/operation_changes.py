"""What can be done to an operation under way: undo, start now, pause, resume, cancel the rest."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard import engine
from dashboard.access import requires
from dashboard.audit import Actor
from dashboard.bulk import running, starting
from dashboard.bulk.records import Operation
from dashboard.enginewords import said
from dashboard.http import answer
from dashboard.models import AuditEntry
from queueing.errors import LeveretError

State = Operation.State


@requires("operate", post=True)
def undo(request: HttpRequest, operation: int) -> HttpResponse:
    if _moved(request, operation, "undo", State.UNDONE, State.WAITING, detail="nothing was sent"):
        return answer(request, _("Undone."), detail=_("No job was touched."))
    return answer(
        request, _("Too late to undo it."), detail=_("It has begun. What is left can be cancelled."), tone="warn"
    )


@requires("operate", post=True)
def begin(request: HttpRequest, operation: int) -> HttpResponse:
    """Without waiting for the end of the time in which it can be undone."""
    found = _find(operation)
    waiting = Operation.objects.filter(pk=operation, state=State.WAITING)
    if not waiting.update(begins_at=timezone.now()):
        _refuse(request, found, "start", "it has begun already, or was taken back")
        return answer(request, _("It has begun already, or was taken back."), tone="warn")
    running.book(found, "start", AuditEntry.Result.DONE, actor=Actor.of(request), detail="before its time for an undo")
    engine.act(lambda operations: operations.hasten([found.job_id], by=engine.by(request)))
    return answer(request, _("It begins."), tone="info")


@requires("operate", post=True)
def pause(request: HttpRequest, operation: int) -> HttpResponse:
    if _moved(request, operation, "pause", State.PAUSED, State.RUNNING):
        return answer(request, _("It pauses."), detail=_("A step that is under way is finished first."), tone="info")
    return answer(request, _("It does not run."), tone="warn")


@requires("operate", post=True)
def resume(request: HttpRequest, operation: int) -> HttpResponse:
    found = _find(operation)
    try:
        if not starting.resume(found):
            _refuse(request, found, "resume", "it has ended, or somebody else resumed it")
            return answer(request, _("It has ended, or somebody else resumed it."), tone="warn")
    except LeveretError as error:
        running.book(found, "resume", AuditEntry.Result.FAILED, actor=Actor.of(request), detail=str(error))
        return answer(request, _("It was not resumed."), detail=said(error), tone="error")
    running.book(found, "resume", AuditEntry.Result.DONE, actor=Actor.of(request))
    return answer(request, _("It goes on."), tone="info")


@requires("operate", post=True)
def cancel(request: HttpRequest, operation: int) -> HttpResponse:
    if _moved(request, operation, "cancel the rest of", State.CANCELLED, State.RUNNING, State.PAUSED):
        return answer(request, _("The rest is cancelled."), detail=_("What was done stays done."))
    return answer(request, _("There is no rest to cancel."), detail=_("It has ended, or not begun yet."), tone="warn")


def _moved(request: HttpRequest, pk: int, verb: str, to: str, *states: str, detail: str = "") -> bool:
    """Whether it was in one of ``states``, and is in ``to`` now; booked together."""
    _find(pk)
    changes = {"state": to} | ({"ended_at": timezone.now()} if to in (State.UNDONE, State.CANCELLED) else {})
    with transaction.atomic():
        moved = Operation.objects.filter(pk=pk, state__in=states).update(**changes)
        if moved:
            running.book(_find(pk), verb, AuditEntry.Result.DONE, actor=Actor.of(request), detail=detail)
    if not moved:
        _refuse(request, _find(pk), verb, f"it is {_find(pk).state}")
    return bool(moved)


def _refuse(request: HttpRequest, operation: Operation, verb: str, why: str) -> None:
    running.book(operation, verb, AuditEntry.Result.REFUSED, actor=Actor.of(request), detail=why)


def _find(pk: int) -> Operation:
    return get_object_or_404(Operation.objects.exclude(state=State.DRAFT), pk=pk)
