from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from dashboard import engine
from dashboard.access import requires
from dashboard.acts import jobs
from dashboard.deeds import attempt
from dashboard.forms.draft import Draft
from dashboard.views.enqueue import known, page
from queueing import runtime
from queueing.copies import Copies, add_copies


@requires("enqueue", post=True)
def create(request: HttpRequest) -> HttpResponse:
    draft = Draft.posted(known(request.POST.get("type", "")), request.POST.dict()).checked()
    if not draft.options.is_valid() or draft.errors:
        return page(request, draft, status=422)
    values = draft.options.cleaned_data
    made = Copies([], [])
    with attempt(request, "enqueue", f"{draft.job_type.name} on {values['queue']}") as deed:
        made = runtime.ask(add(draft, values, engine.by(request)))
        deed.count, deed.detail = len(made.ids), " ".join((made.ids or made.existing)[:3])
    if deed.failure:
        draft.options.add_error(None, deed.failure)
        return page(request, draft, status=422)
    text, detail = said(made)
    messages.add_message(request, messages.SUCCESS if made.ids else messages.WARNING, text, extra_tags=detail)
    return redirect(place(made, values["queue"], draft.job_type.name))


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
    )


def said(made: Copies) -> tuple[str, str]:
    if not made.ids:
        return "Nothing was enqueued.", "This job has the same unique key, and waits or runs already."
    if made.existing:
        others = f"The other {len(made.existing):,} would have had the same unique key."
        return f"Enqueued {jobs(len(made.ids))}.", others
    return f"Enqueued {jobs(len(made.ids))}.", ""


def place(made: Copies, queue: str, type_: str) -> str:
    """One job's page, or the list of those like it."""
    if len(made.ids) <= 1:
        return reverse("dashboard:job", args=[(made.ids or made.existing)[0]])
    return f"{reverse('dashboard:jobs')}?{urlencode({'queue': queue, 'type': type_})}"
