"""A queue's pause: workers put its messages aside until it ends. What runs goes on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dashboard import engine
from dashboard.access import requires
from dashboard.deeds import attempt
from dashboard.http import answer
from dashboard.views.queues import find


@requires("manage", post=True)
def create(request: HttpRequest, queue: str) -> HttpResponse:
    with attempt(request, "pause", f"queue {queue}") as deed:
        find(queue)
        engine.act(lambda operations: operations.pause(queue, by=engine.by(request)))
    named = {"queue": queue}
    if deed.failure:
        return answer(request, _("%(queue)s was not paused.") % named, detail=deed.failure, tone="error")
    return answer(
        request, _("%(queue)s is paused.") % named, detail=_("Jobs are accepted and wait. Those that run go on.")
    )


@requires("manage", post=True)
def end(request: HttpRequest, queue: str) -> HttpResponse:
    with attempt(request, "resume", f"queue {queue}") as deed:
        find(queue)
        engine.act(lambda operations: operations.resume(queue, by=engine.by(request)))
    named = {"queue": queue}
    if deed.failure:
        return answer(request, _("%(queue)s was not resumed.") % named, detail=deed.failure, tone="error")
    return answer(request, _("%(queue)s is resumed.") % named, detail=_("Parked jobs come back within half a minute."))
