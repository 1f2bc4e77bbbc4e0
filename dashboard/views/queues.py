from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dashboard import engine, ladder, limitlist, queuelist, workerlist
from dashboard.access import Viewer, requires
from dashboard.live import Params, live_view
from queueing.errors import LeveretError

BROKER = 5.0
"""Seconds after which RabbitMQ is asked again: it sends no hints."""
CHANGES = ("job", "queue", "worker")


@requires("view")
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/queues/index.html", {"title": _("Queues")})


@requires("view")
def show(request: HttpRequest, queue: str) -> HttpResponse:
    context = {"title": queue, "nav": "queues", "queue": queue}
    return render(request, "dashboard/queues/show.html", context, status=200 if exists(queue) else 404)


@live_view("queues.table", template="dashboard/queues/_table.html", hints=CHANGES, every=BROKER)
def table(params: Params, viewer: Viewer) -> dict[str, Any]:
    return {"queues": queuelist.shown(engine.look(lambda inspector: inspector.queues()))}


@live_view("queues.one", template="dashboard/queues/_one.html", hints=CHANGES, every=BROKER)
def one(params: Params, viewer: Viewer) -> dict[str, Any]:
    queue = engine.look(lambda inspector: inspector.queue(params["queue"]))
    workers = workerlist.shown(engine.look(lambda inspector: inspector.workers()))
    types = [lane.type for lane in queue.types] if queue else []
    return {
        "queue": queuelist.Shown(queue) if queue else None,
        "ladder": ladder.shown(engine.look(lambda inspector: inspector.ladder(params["queue"]))),
        "limits": engine.look(lambda inspector: limitlist.load(inspector, params["queue"], types)),
        "serving": [worker for worker in workers if params["queue"] in worker.status.queues and not worker.is_gone],
    }


def find(name: str) -> queuelist.Shown:
    """Raises Http404, or StoreError where nobody can tell."""
    queue = engine.look(lambda inspector: inspector.queue(name))
    if queue is None:
        raise Http404(f"There is no queue {name}.")
    return queuelist.Shown(queue)


def exists(name: str) -> bool:
    """True also where nobody can tell: the page then says that it does not know."""
    try:
        find(name)
    except Http404:
        return False
    except LeveretError:
        return True
    return True
