from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard import acts, attempts, engine, jobwords, jsonview, rawview, snippets
from dashboard.access import Viewer, requires, viewer_of
from dashboard.letterlist import LOOPS
from dashboard.live import Params, live_view
from dashboard.timeline import timeline
from queueing import runtime
from queueing.domain import waiting
from queueing.domain.job import JobRecord
from queueing.domain.states import WAITING, JobState
from queueing.errors import LeveretError
from queueing.inspector import Inspector


@requires("view")
def show(request: HttpRequest, job_id: str) -> HttpResponse:
    try:
        job = load(job_id)
    except LeveretError as error:
        return render(request, "dashboard/job/unavailable.html", {"title": _("Job"), "nav": "jobs", "error": error})
    return page(request, job_id, job)


def page(request: HttpRequest, job_id: str, job: JobRecord | None, *, reveal: bool = False) -> HttpResponse:
    if job is None:
        gone = {"title": _("No such job"), "nav": "jobs", "job_id": job_id}
        return render(request, "dashboard/job/gone.html", gone, status=404)
    title = f"{job.type} {job.id[-8:]}"
    context: dict[str, Any] = {"title": title, "nav": "jobs", "job": job, "params": {"id": job_id}}
    whole = request.GET.get("payload") == "whole"
    raw = rawview.show(job.payload) if job.spec.encoding == "raw" else None
    context |= {"viewer": viewer_of(request), "whole": whole, "raw": raw, "reveal": reveal}
    context["masked"] = 0 if raw else jsonview.show(job.payload, limit=None if whole else jsonview.CUT).masked
    context["snippets"] = snippets.of(job, runtime.cluster().registry, reveal=reveal)
    return render(request, "dashboard/job/page.html", context)


def load(job_id: str) -> JobRecord | None:
    return engine.look(lambda inspector: inspector.job(job_id))


def about(params: Params) -> str:
    return str(params["id"])


@live_view("job.head", template="dashboard/job/_head.html", hints=("job",), about=about)
def head(params: Params, viewer: Viewer) -> dict[str, Any]:
    job = load(params["id"])
    loops = job is not None and job.comebacks >= LOOPS
    return {"job": job, "acts": acts.ALLOWED[job.state] if job else (), "loops": loops}


@live_view("job.why", template="dashboard/job/_why.html", hints=("job", "queue", "worker"), about=about, every=5.0)
def why(params: Params, viewer: Viewer) -> dict[str, Any]:
    """Nothing once it runs."""
    job, situation = engine.look(lambda inspector: _situation(inspector, params["id"]))
    if job is None or situation is None:
        return {"checks": ()}
    checks = waiting.checks(job, situation, now=timezone.now())
    return {"job": job, "checks": checks, "answer": waiting.answer(checks), "now": timezone.now()}


async def _situation(inspector: Inspector, job_id: str) -> tuple[JobRecord | None, waiting.Situation | None]:
    job = await inspector.job(job_id)
    return job, await inspector.situation(job) if job is not None and job.state in WAITING else None


@live_view("job.story", template="dashboard/job/_story.html", hints=("job",), about=about)
def story(params: Params, viewer: Viewer) -> dict[str, Any]:
    job = load(params["id"])
    if job is None:
        return {"job": None}
    shown = attempts.shown(job)
    return {
        "job": job,
        "attempts": shown,
        "running": job.state is JobState.RUNNING,
        "log": attempts.running_log(job),
        "loose": attempts.loose_log(job, shown),
        "lone_error": job.error if not any(one.attempt.error for one in shown[:1]) else None,
        "lone_frames": attempts.grouped(job.error),
    }


@live_view("job.life", template="dashboard/job/_timeline.html", hints=("job",), about=about)
def life(params: Params, viewer: Viewer) -> dict[str, Any]:
    job = load(params["id"])
    return {"job": job, "timeline": timeline(job, now=timezone.now()) if job else None}


@live_view("job.details", template="dashboard/job/_details.html", hints=("job",), about=about)
def details(params: Params, viewer: Viewer) -> dict[str, Any]:
    job = load(params["id"])
    if job is None:
        return {"job": None}
    who, where = jobwords.enqueuer(job.spec.created_by)
    schedule = jobwords.schedule_of(job.spec.created_by)
    return {
        "job": job, "backoff": jobwords.backoff(job.options.backoff), "who": who, "where": where, "schedule": schedule,
    }  # fmt: skip
