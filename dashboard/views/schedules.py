from __future__ import annotations

import asyncio
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dashboard import engine
from dashboard.access import Viewer, requires
from dashboard.live import Params, live_view
from dashboard.schedules.listing import Shown, shown
from queueing.domain.reading import QueueStatus
from queueing.domain.schedules import ScheduleStatus
from queueing.errors import LeveretError
from queueing.inspector import Inspector

OUTCOMES = 3.0
"""Seconds after which is looked again how jobs went: those of schedules are few among all that change."""
CHANGES = ("schedule", "queue")


@requires("view")
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/schedules/index.html", {"title": _("Schedules")})


@requires("view")
def show(request: HttpRequest, schedule: str) -> HttpResponse:
    context = {"title": schedule, "nav": "schedules", "schedule": schedule}
    return render(request, "dashboard/schedules/show.html", context, status=200 if exists(schedule) else 404)


@live_view("schedules.table", template="dashboard/schedules/_table.html", hints=CHANGES, every=OUTCOMES)
def table(params: Params, viewer: Viewer) -> dict[str, Any]:
    schedules, queues, leader = engine.look(_standing)
    paused = frozenset(queue.name for queue in queues if queue.paused)
    return {"schedules": shown(schedules, paused), "leader": leader}


async def _standing(inspector: Inspector) -> tuple[list[ScheduleStatus], list[QueueStatus], str | None]:
    schedules, queues, health = await asyncio.gather(inspector.schedules(), inspector.queues(), inspector.health())
    return schedules, queues, health.leader


@live_view("schedules.one", template="dashboard/schedules/_one.html", hints=CHANGES, every=OUTCOMES)
def one(params: Params, viewer: Viewer) -> dict[str, Any]:
    status = engine.look(lambda inspector: inspector.schedule(params["schedule"]))
    return {"schedule": Shown(status) if status else None}


def find(name: str) -> Shown:
    """Raises Http404, or StoreError where nobody can tell."""
    status = engine.look(lambda inspector: inspector.schedule(name, firings=0))
    if status is None:
        raise Http404(f"There is no schedule {name}.")
    return Shown(status)


def exists(name: str) -> bool:
    """True also where nobody can tell: the page then says that it does not know."""
    try:
        find(name)
    except Http404:
        return False
    except LeveretError:
        return True
    return True
