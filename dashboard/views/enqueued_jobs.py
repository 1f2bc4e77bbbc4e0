from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import acts, copying, engine, wording
from dashboard.access import requires, viewer_of
from dashboard.audit import Subject
from dashboard.deeds import attempt
from dashboard.forms.draft import Draft
from dashboard.models import AuditEntry
from dashboard.views import presets
from dashboard.views.enqueue import page, posted
from queueing import runtime
from queueing.copies import Copies, add_copies
from queueing.domain.job import JobRecord
from queueing.domain.states import JobState
from queueing.errors import TransitionRefused


@requires("enqueue", post=True)
def create(request: HttpRequest) -> HttpResponse:
    if request.POST.get("preset_name") and "go" not in request.POST:
        # Enter in the field for a name, without scripts: nobody has pressed Enqueue.
        return presets.save(request)
    given, origin = posted(request)
    draft = given.checked()
    if not draft.options.is_valid() or draft.errors:
        return page(request, draft, origin, status=422)
    values = draft.options.cleaned_data
    if values["count"] > copying.AT_ONCE:
        return begin(request, draft, values, origin)
    made = Copies([], [])
    with attempt(request, "enqueue", f"{draft.job_type.name} on {values['queue']}") as deed:
        made = runtime.ask(add(draft, values, engine.by(request)))
        deed.count, deed.detail = len(made.ids), lineage(made, draft.origin)
        deed.about = [*acts.subjects((made.ids or made.existing)[: acts.AT_ONCE]), Subject("queue", values["queue"])]
    if deed.failure:
        draft.options.add_error(None, deed.failure)
        return page(request, draft, origin, status=422)
    text, detail = said(made)
    if origin is not None and made.ids and "discard_origin" in request.POST:
        detail = f"{detail} {take_away(request, origin)}".strip()
    messages.add_message(request, messages.SUCCESS if made.ids else messages.WARNING, text, extra_tags=detail)
    return redirect(place(made, values["queue"], draft.job_type.name))


def begin(request: HttpRequest, draft: Draft, values: dict[str, Any], origin: JobRecord | None) -> HttpResponse:
    """A job makes them, for a request has no time for so many. The dead letter that they are made from stays."""
    runner, count = "", values["count"]
    with attempt(request, "enqueue", f"{draft.job_type.name} on {values['queue']}") as deed:
        runner = copying.begin(
            values["queue"], draft.job_type.name, draft.payload, values["options"], count=count, over=values["over"],
            by=engine.by(request), origin=draft.origin,
        )  # fmt: skip
        deed.count, deed.result, deed.detail = count, AuditEntry.Result.STARTED, f"by job {runner}"
        deed.about = [Subject("job", runner), Subject("queue", values["queue"])]
    if deed.failure:
        draft.options.add_error(None, deed.failure)
        return page(request, draft, origin, status=422)
    text = ngettext("Enqueuing %(number)s job.", "Enqueuing %(number)s jobs.", count) % {
        "number": wording.number(count)
    }
    detail = _("This job makes them. Cancel it to make no more.")
    messages.add_message(request, messages.INFO, text, extra_tags=detail)
    return redirect("dashboard:job", runner)


def lineage(made: Copies, origin: str) -> str:
    ids = " ".join((made.ids or made.existing)[:3])
    return f"{ids} from {origin}" if origin else ids


def take_away(request: HttpRequest, origin: JobRecord) -> str:
    """Discards the dead letter that the new job was made from; answers what to say of it. The new job is there by then,
    so whatever becomes of this loses nothing."""
    if not viewer_of(request).may_operate or origin.state is not JobState.FAILED:
        return _("The dead letter stays.")
    with attempt(request, "discard", f"job {origin.id}", reason="it was enqueued anew, edited") as deed:
        deed.about = acts.subjects([origin.id])
        [changed] = engine.act(lambda operations: operations.discard([origin.id]))
        if not changed.done:
            raise TransitionRefused(changed.reason)
    if deed.failure:
        return _("The dead letter stays: %(error)s") % {"error": deed.failure}
    return _("The dead letter is discarded.")


async def add(draft: Draft, values: dict[str, Any], by: str) -> Copies:
    return await add_copies(
        runtime.cluster().producer,
        values["queue"],
        draft.job_type.name,
        draft.payload,
        values["options"],
        count=values["count"],
        by=by,
        origin=draft.origin or None,
        over=values["over"],
    )


def said(made: Copies) -> tuple[str, str]:
    if not made.ids:
        return _("Nothing was enqueued."), _("This job has the same unique key, and waits or runs already.")
    if made.existing:
        others = ngettext(
            "The other %(number)s would have had the same unique key.",
            "The other %(number)s would have had the same unique key.",
            len(made.existing),
        )
        return _enqueued(len(made.ids)), others % {"number": wording.number(len(made.existing))}
    return _enqueued(len(made.ids)), ""


def _enqueued(count: int) -> str:
    return ngettext("Enqueued %(number)s job.", "Enqueued %(number)s jobs.", count) % {"number": wording.number(count)}


def place(made: Copies, queue: str, type_: str) -> str:
    """One job's page, or the list of those like it."""
    if len(made.ids) <= 1:
        return reverse("dashboard:job", args=[(made.ids or made.existing)[0]])
    return f"{reverse('dashboard:jobs')}?{urlencode({'queue': queue, 'type': type_})}"
