"""A purge cancels every job of a queue that has not begun. It asks for the queue's name first."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard import actwords, engine
from dashboard.access import requires
from dashboard.asking import ask, stay
from dashboard.deeds import attempt
from dashboard.http import answer
from dashboard.views.queues import find


@requires("manage")
def new(request: HttpRequest, queue: str) -> HttpResponse:
    return question(request, queue)


@requires("manage", post=True)
def create(request: HttpRequest, queue: str) -> HttpResponse:
    reason = request.POST.get("reason", "")
    if request.POST.get("name", "").strip() != queue:
        return question(request, queue, wrong=True, reason=reason)
    to = stay(request, reverse("dashboard:queue", args=[queue]))
    with attempt(request, "purge", f"queue {queue}", reason=reason) as deed:
        deed.count = engine.act(lambda operations: operations.purge(queue, by=engine.by(request)))
    if deed.failure:
        detail = _("%(error)s Some jobs may have been cancelled: look before you repeat it.") % {"error": deed.failure}
        text = _("The purge of %(queue)s did not go through.") % {"queue": queue}
        return answer(request, text, detail=detail, tone="error", to=to)
    detail = actwords.done("Cancelled", deed.count)
    return answer(request, _("%(queue)s is purged.") % {"queue": queue}, detail=detail, to=to)


def question(request: HttpRequest, queue: str, *, wrong: bool = False, reason: str = "") -> HttpResponse:
    context: dict[str, Any] = {"title": _("Purge %(queue)s") % {"queue": queue}, "nav": "queues", "queue": find(queue)}
    context |= {"wrong": wrong, "reason": reason}
    return ask(request, "dashboard/queues/_purge.html", context, status=422 if wrong else 200)
