from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dashboard import engine
from dashboard.access import Viewer, requires
from dashboard.live import Params, live_view
from dashboard.workerlist import RUNNING_SHOWN, Run, Totals, longest_running, shown
from queueing.inspector import Inspector


@requires("view")
def index(request: HttpRequest) -> HttpResponse:
    at = request.GET.get("at", "")
    return render(request, "dashboard/workers/index.html", {"title": _("Workers"), "at": at})


@live_view("workers.all", template="dashboard/workers/_all.html", hints=("worker",), every=5.0)
def everyone(params: Params, viewer: Viewer) -> dict[str, Any]:
    """All workers, and the jobs of the chosen one; where none is chosen, of all."""
    workers = shown(engine.look(lambda inspector: inspector.workers()))
    chosen = next((worker for worker in workers if worker.status.id == params["at"]), None)
    runs = longest_running([chosen] if chosen else workers)
    first = runs if chosen else runs[:RUNNING_SHOWN]
    return {
        "workers": workers,
        "totals": Totals.of(workers),
        "chosen": chosen,
        "lost": bool(params["at"]) and chosen is None,
        "runs": engine.look(lambda inspector: _with_progress(inspector, first)),
        "running": len(runs),
    }


async def _with_progress(inspector: Inspector, runs: list[Any]) -> list[Run]:
    summaries = await inspector.summaries([job.id for job, worker in runs])
    return [Run(job, worker, summary) for (job, worker), summary in zip(runs, summaries, strict=True)]
