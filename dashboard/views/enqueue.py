from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dashboard import audit, engine, jsonview, presets
from dashboard.access import requires, viewer_of
from dashboard.bulk.chosen import QUEUE
from dashboard.forms.differences import Differences, differences
from dashboard.forms.draft import Draft
from dashboard.forms.origins import meant, options_of, type_of
from dashboard.http import is_partial
from dashboard.models import AuditEntry, Preset
from dashboard.presets import Filled
from dashboard.prospects import Prospect, prospect
from dashboard.signatures import as_call, as_command, signature
from queueing import runtime
from queueing.domain.job import JobRecord
from queueing.domain.names import is_id
from queueing.domain.options import JobOptions
from queueing.domain.registry import JobType
from queueing.domain.secrets import hush
from queueing.domain.states import JobState
from queueing.errors import LeveretError


@requires("enqueue")
def new(request: HttpRequest) -> HttpResponse:
    if job_id := request.GET.get("from"):
        return edit(request, job_id)
    if preset := request.GET.get("preset"):
        return fill(request, preset)
    types = offered()
    if not types:
        return none(request, "empty")
    name = request.GET.get("type") or types[0].name
    return page(request, Draft.new(known(name)))


@requires("enqueue", post=True)
def draft(request: HttpRequest) -> HttpResponse:
    """The form with one change that is not yet a job: an item more, another variant, JSON instead."""
    given, origin = posted(request)
    match request.POST.get("change", "").partition(" "):
        case ("add", _, name):
            given = given.added(name)
        case ("remove", _, name):
            given = given.removed(name)
        case ("as", _, "json"):
            given = given.to_json()
        case ("as", _, "form"):
            given = given.to_form()
    return page(request, given, origin)


def posted(request: HttpRequest) -> tuple[Draft, JobRecord | None]:
    """What was written, and the job that it is made from, if that is still there. Raises Http404."""
    name = request.POST.get("origin", "")
    try:
        origin = engine.look(lambda inspector: inspector.job(name)) if is_id(name) else None
    except LeveretError:
        # Who enqueues is told by the act itself; who only writes loses the comparison.
        origin = None
    return Draft.posted(known(request.POST.get("type", ""), origin), request.POST.dict(), origin), origin


def fill(request: HttpRequest, preset: str) -> HttpResponse:
    """The form with what was kept, as far as the handler still takes it."""
    named = preset if preset.isdecimal() and len(preset) < 10 else "0"
    found = presets.usable(request.user.pk).filter(pk=named).first()
    if found is None:
        return none(request, "no preset", status=404)
    job_type = next((known for known in offered() if known.name == found.type), None)
    if job_type is None:
        return none(request, "preset", preset=found)
    filled = presets.fill(found, job_type, priorities=runtime.cluster().broker.capabilities.priorities)
    return page(request, filled.draft, keeping=Keeping(filled=filled, name=own_name(request, found)))


def own_name(request: HttpRequest, preset: Preset) -> str:
    """Under which it is saved again."""
    return preset.name if preset.user_id == request.user.pk else ""


def edit(request: HttpRequest, job_id: str) -> HttpResponse:
    """A job's payload and options as a draft. Masked values would be laid open by it, so that needs the permission."""
    record = engine.look(lambda inspector: inspector.job(job_id))
    if record is None:
        return none(request, "gone", status=404)
    if masked(record):
        if not viewer_of(request).may_reveal:
            return none(request, "masked", record, status=403)
        audit.record(request, "reveal", f"job {job_id}", detail="to edit and enqueue it")
    if record.spec.encoding == "raw":
        return mend(request, record)
    job_type = type_of(runtime.cluster().registry, record.type, record)
    return page(request, Draft.of(job_type, record), record) if job_type else none(request, "unknown", record)


def mend(request: HttpRequest, record: JobRecord) -> HttpResponse:
    """A job of what is none, by the type that its bytes name or somebody chooses."""
    read = meant(record.payload)
    job_type = runtime.cluster().registry.get(request.GET.get("type") or read.type)
    if job_type is None:
        return none(request, "raw", record, types=offered())
    return page(request, Draft.of(job_type, record, read.payload), record)


def none(
    request: HttpRequest, why: str, job: JobRecord | None = None, *, status: int = 200, **more: Any
) -> HttpResponse:
    """There is no form, and why."""
    context = {"title": _("Enqueue"), "nav": "enqueue", "why": why, "job": job, "viewer": viewer_of(request)}
    return render(request, "dashboard/enqueue/none.html", context | more, status=status)


def masked(record: JobRecord) -> bool:
    """Of bytes that are no job nobody knows which are secret."""
    if record.spec.encoding == "raw":
        text = record.payload.decode(errors="backslashreplace")
        return hush(text) != text or jsonview.show(record.payload, limit=None).masked > 0
    return jsonview.show(record.payload, limit=None).masked > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What is said where presets are kept."""

    name: str = ""
    """What is typed there."""
    shared: bool = False
    filled: Filled | None = None
    """Just now, from a preset."""
    said: str = ""
    """What became of keeping it."""
    secret: Sequence[str] = ()
    """What was not kept of it."""
    wrong: str = ""


def page(
    request: HttpRequest,
    given: Draft,
    origin: JobRecord | None = None,
    *,
    status: int = 200,
    keeping: Keeping | None = None,
) -> HttpResponse:
    """The whole page; for a script only the form, or only what it would make."""
    kept = list(presets.usable(request.user.pk)[: presets.LISTED]) if _shows_presets(request) else []
    written = given if given.payload is not None else given.checked()
    context: dict[str, Any] = {
        "title": _("Enqueue"),
        "nav": "enqueue",
        "viewer": viewer_of(request),
        "draft": given,
        "last": None if given.origin else last_used(request, given.job_type.name),
        "types": offered(),
        "presets": [preset for preset in kept if preset.type == given.job_type.name],
        "other_presets": [preset for preset in kept if preset.type != given.job_type.name],
        "keeping": keeping or Keeping(name=request.POST.get("preset_name", ""), shared="preset_shared" in request.POST),
        "signature": signature(given.job_type),
        "payload": written.payload,
        "call": as_call(given.job_type, written.payload),
        "command": as_command(given.job_type, written.payload),
        "prospect": _prospect(given),
        "differences": _differences(written, origin) if origin and not written.errors else None,
        "discards": origin is not None and origin.state is JobState.FAILED and viewer_of(request).may_operate,
        "discard_origin": "discard_origin" in request.POST if request.method == "POST" else True,
        "priorities": runtime.cluster().broker.capabilities.priorities,
    }
    part = "_form" if _shows_presets(request) else "_aside"
    name = part if is_partial(request) else "page"
    return render(request, f"dashboard/enqueue/{name}.html", context, status=status)


def _shows_presets(request: HttpRequest) -> bool:
    return not (is_partial(request) and request.headers.get("HX-Target", "").endswith("#aside"))


def _differences(given: Draft, origin: JobRecord) -> Differences:
    options: JobOptions | None = options_of(origin)
    queue = str(given.options["queue"].value() or origin.queue)
    if given.options.is_bound:
        right = given.options.is_valid()
        options, queue = (given.options.cleaned_data["options"], queue) if right else (None, origin.queue)
    return differences(origin, given.job_type, given.payload, options, queue)


def _prospect(given: Draft) -> Prospect | None:
    """None: the store does not answer."""
    queue = str(given.options["queue"].value() or given.job_type.queue)
    try:
        return engine.look(lambda inspector: prospect(inspector, queue, given.job_type.name))
    except LeveretError:
        return None


def last_used(request: HttpRequest, type_: str) -> AuditEntry | None:
    """What this person enqueued last of the type; its detail begins with the job's id. It may be gone by now."""
    mine = AuditEntry.objects.filter(user_id=request.user.pk or 0, verb="enqueue", result=AuditEntry.Result.DONE)
    found = mine.filter(target__startswith=f"{type_} on ").first()
    return found if found and is_id(found.detail.partition(" ")[0]) else None


def offered() -> list[JobType]:
    """Without the job that runs operations: it is added where one is confirmed."""
    return [found for found in runtime.cluster().registry if found.queue != QUEUE]


def known(name: str, origin: JobRecord | None = None) -> JobType:
    found = type_of(runtime.cluster().registry, name, origin)
    if found is None:
        raise Http404(f"No job type {name!r} is registered in this process.")
    return found
