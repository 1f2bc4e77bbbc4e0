"""What is done to a schedule: run it now, pause it, let it go on, remove it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard import engine
from dashboard.access import requires
from dashboard.asking import ask, stay
from dashboard.audit import Subject
from dashboard.deeds import attempt
from dashboard.http import answer
from dashboard.schedules import force
from dashboard.schedules.records import ScheduleRecord
from dashboard.views.schedules import find
from queueing.operations import Operations


@requires("manage", post=True)
def run(request: HttpRequest, schedule: str) -> HttpResponse:
    job = ""
    with attempt(request, "run now", named(schedule)) as deed:
        job = deed.detail = engine.act(lambda operations: operations.run_schedule(schedule, by=engine.by(request)))
        deed.about = [Subject("job", job)]
    if deed.failure:
        return answer(
            request, _("%(schedule)s was not run.") % {"schedule": schedule}, detail=deed.failure, tone="error"
        )
    detail = _("Job %(id)s. Its ticks come as before.") % {"id": job}
    return answer(request, _("%(schedule)s runs now.") % {"schedule": schedule}, detail=detail)


@requires("manage", post=True)
def pause(request: HttpRequest, schedule: str) -> HttpResponse:
    def act(operations: Operations) -> Coroutine[Any, Any, None]:
        return operations.pause_schedule(schedule, by=engine.by(request))

    said = Said(
        _("%(schedule)s is paused.") % {"schedule": schedule},
        _("%(schedule)s was not paused.") % {"schedule": schedule},
        _("Ticks that pass meanwhile are left out."),
    )
    return _done(request, schedule, "pause", said, act)


@requires("manage", post=True)
def resume(request: HttpRequest, schedule: str) -> HttpResponse:
    def act(operations: Operations) -> Coroutine[Any, Any, None]:
        return operations.resume_schedule(schedule, by=engine.by(request))

    said = Said(
        _("%(schedule)s is resumed.") % {"schedule": schedule},
        _("%(schedule)s was not resumed.") % {"schedule": schedule},
        _("It goes on with its next tick."),
    )
    return _done(request, schedule, "resume", said, act)


@requires("manage")
def remove(request: HttpRequest, schedule: str) -> HttpResponse:
    context = {
        "title": _("Remove %(schedule)s") % {"schedule": schedule},
        "nav": "schedules",
        "schedule": find(schedule),
    }
    return ask(request, "dashboard/schedules/_remove.html", context)


@requires("manage", post=True)
def removed(request: HttpRequest, schedule: str) -> HttpResponse:
    """From the database first: what is not there any more goes within a minute, should Redis not answer now."""
    with attempt(request, "remove", named(schedule), reason=request.POST.get("reason", "")) as deed:
        ScheduleRecord.objects.filter(name=schedule).delete()
        force.withdraw(schedule)
    to = reverse("dashboard:schedules")
    if deed.failure:
        detail = _("%(error)s One that was made here goes within a minute of Redis being back.")
        text = _("%(schedule)s is still in force.") % {"schedule": schedule}
        return answer(request, text, detail=detail % {"error": deed.failure}, tone="error", to=stay(request, to))
    text = _("%(schedule)s is removed.") % {"schedule": schedule}
    return answer(request, text, detail=_("Jobs that it added are left as they are."), to=to)


class Said(NamedTuple):
    done: str
    failed: str
    detail: str


def named(schedule: str) -> str:
    return f"schedule {schedule}"


def _done(
    request: HttpRequest,
    schedule: str,
    verb: str,
    said: Said,
    act: Callable[[Operations], Coroutine[Any, Any, None]],
) -> HttpResponse:
    with attempt(request, verb, named(schedule)) as deed:
        engine.act(act)
    if deed.failure:
        return answer(request, said.failed, detail=deed.failure, tone="error")
    return answer(request, said.done, detail=said.detail)
