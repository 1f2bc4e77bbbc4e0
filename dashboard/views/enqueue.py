from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard import audit, engine, jsonview
from dashboard.access import requires, viewer_of
from dashboard.forms.draft import Draft
from dashboard.http import is_partial
from dashboard.prospects import Prospect, prospect
from dashboard.signatures import as_call, as_command, signature
from queueing import runtime
from queueing.domain.job import JobRecord
from queueing.domain.registry import JobType
from queueing.errors import LeveretError


@requires("enqueue")
def new(request: HttpRequest) -> HttpResponse:
    if job_id := request.GET.get("from"):
        return edit(request, job_id)
    types = list(runtime.cluster().registry)
    if not types:
        return none(request, "empty")
    name = request.GET.get("type") or types[0].name
    return page(request, Draft.new(known(name)))


@requires("enqueue", post=True)
def draft(request: HttpRequest) -> HttpResponse:
    """The form with one change that is not yet a job: an item more, another variant, JSON instead."""
    given = Draft.posted(known(request.POST.get("type", "")), request.POST.dict())
    match request.POST.get("change", "").partition(" "):
        case ("add", _, name):
            given = given.added(name)
        case ("remove", _, name):
            given = given.removed(name)
        case ("as", _, "json"):
            given = given.to_json()
        case ("as", _, "form"):
            given = given.to_form()
    return page(request, given)


def edit(request: HttpRequest, job_id: str) -> HttpResponse:
    """A job's payload and options as a draft. Masked values would be laid open by it, so that needs the permission."""
    record = engine.look(lambda inspector: inspector.job(job_id))
    job_type = runtime.cluster().registry.get(record.type) if record else None
    if record is None or job_type is None or record.spec.encoding == "raw":
        return none(request, "gone" if record is None else "unknown", record, status=404)
    if masked(record):
        if not viewer_of(request).may_reveal:
            return none(request, "masked", record, status=403)
        audit.record(request, "reveal", f"job {job_id}", detail="to edit and enqueue it")
    return page(request, Draft.of(job_type, record))


def none(request: HttpRequest, why: str, job: JobRecord | None = None, *, status: int = 200) -> HttpResponse:
    """There is no form, and why."""
    context = {"title": "Enqueue", "nav": "enqueue", "why": why, "job": job}
    return render(request, "dashboard/enqueue/none.html", context, status=status)


def masked(record: JobRecord) -> bool:
    return jsonview.show(record.payload, limit=None).masked > 0


def page(request: HttpRequest, given: Draft, *, status: int = 200) -> HttpResponse:
    """The whole page; for a script only the form, or only what it would make."""
    written = given if given.payload is not None else given.checked()
    context: dict[str, Any] = {
        "title": "Enqueue",
        "nav": "enqueue",
        "draft": given,
        "types": list(runtime.cluster().registry),
        "signature": signature(given.job_type),
        "payload": written.payload,
        "call": as_call(given.job_type, written.payload),
        "command": as_command(given.job_type, written.payload),
        "prospect": _prospect(given),
        "priorities": runtime.cluster().broker.capabilities.priorities,
    }
    part = "_aside" if request.headers.get("HX-Target", "").endswith("#aside") else "_form"
    name = part if is_partial(request) else "page"
    return render(request, f"dashboard/enqueue/{name}.html", context, status=status)


def _prospect(given: Draft) -> Prospect | None:
    """None: the store does not answer."""
    queue = str(given.options["queue"].value() or given.job_type.queue)
    try:
        return engine.look(lambda inspector: prospect(inspector, queue, given.job_type.name))
    except LeveretError:
        return None


def known(name: str) -> JobType:
    found = runtime.cluster().registry.get(name)
    if found is None:
        raise Http404(f"No job type {name!r} is registered in this process.")
    return found
