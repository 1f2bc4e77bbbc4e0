"""What a worker is doing at this moment: its stacks, told at its next heartbeat after it was asked."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dashboard import engine, stackdump
from dashboard.access import Viewer, requires
from dashboard.live import Params, live_view


@requires("manage")
def show(request: HttpRequest, worker: str) -> HttpResponse:
    return render(request, "dashboard/workers/dump.html", {"title": _("Stacks"), "nav": "workers", "worker": worker})


@live_view("workers.dump", template="dashboard/workers/_dump.html", needs="manage", hints=("worker",), every=1.0)
def dump(params: Params, viewer: Viewer) -> dict[str, Any]:
    text = engine.look(lambda inspector: inspector.dump(params["worker"]))
    workers = engine.look(lambda inspector: inspector.workers())
    status = next((one for one in workers if one.id == params["worker"]), None)
    return {"dump": stackdump.read(text) if text else None, "status": status}
