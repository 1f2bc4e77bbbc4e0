"""What operators do to a failure group: asked first, then done to its open jobs, booked and answered."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from dashboard import acts, actwords, engine, groupview, wording
from dashboard.asking import ask, stay
from dashboard.deeds import attempt
from dashboard.http import answer
from queueing.domain.failures import FailureGroup
from queueing.domain.ports import Changed
from queueing.errors import LeveretError
from queueing.operations import Operations

Deed: TypeAlias = Callable[[Operations, int], Coroutine[Any, Any, list[Changed]]]
GONE = gettext_noop("There is no such group: it was not seen for a long time, or its id is wrong.")


def named(group: str) -> str:
    """For the audit log."""
    try:
        found = groupview.find(group)
    except LeveretError:
        found = None
    return f"failure group {group}" + (f" ({found.type}: {found.kind})" if found else "")


def question(
    request: HttpRequest, group: str, template: str, title: str, *, wrong: bool = False, **more: Any
) -> HttpResponse:
    context: dict[str, Any] = {"title": title, "nav": "failures", "id": group, "wrong": wrong, **more}
    try:
        found = groupview.find(group)
    except LeveretError as error:
        return render(request, "dashboard/failures/unavailable.html", context | {"error": error})
    if found is None:
        return render(request, "dashboard/failures/gone.html", context, status=404)
    context |= {"group": found, "count": min(found.open, acts.AT_ONCE), "rest": max(0, found.open - acts.AT_ONCE)}
    context["fewer"] = context["count"] - more.get("looping", 0)
    return ask(request, template, context, status=422 if wrong else 200)


def perform(request: HttpRequest, group: str, verb: str, done: str, deed: Deed) -> HttpResponse:
    """To the open jobs that failed first, as many as go at once; the answer says how many are left."""
    to = stay(request, reverse("dashboard:failure", args=[group]))
    changes: list[Changed] = []
    left: FailureGroup | None = None
    with attempt(request, verb, named(group), reason=request.POST.get("reason", "")) as booked:
        changes = engine.act(lambda operations: deed(operations, acts.AT_ONCE))
        outcome = acts.Outcome.of(changes, done)
        ids = [change.ref.id if change.ref else "gone" for change in changes]
        booked.count, booked.result, booked.detail = len(changes), outcome.result, acts.book(ids, changes)
        booked.about = acts.subjects([change.ref.id for change in changes if change.ref], changes)
        left = groupview.find(group)
    if booked.failure:
        return answer(request, actwords.broken(verb), detail=actwords.in_part(booked.failure), tone="error", to=to)
    if not changes:
        return answer(request, _("No job of this group is failed now."), tone="warn", to=to)
    detail = " ".join(filter(None, (outcome.detail, _rest(left))))
    return answer(request, outcome.text, detail=detail, tone=outcome.tone, to=to)


def _rest(left: FailureGroup | None) -> str:
    if left is None or not left.open:
        return ""
    text = ngettext(
        "%(number)s job of this group is still failed.", "%(number)s jobs of this group are still failed.", left.open
    )
    return text % {"number": wording.number(left.open)}
