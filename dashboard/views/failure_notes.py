"""What somebody has found out about a failure, for whoever comes next."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard import engine
from dashboard.access import requires
from dashboard.deeds import attempt
from dashboard.groupacts import GONE, named
from dashboard.http import answer

LONGEST = 2_000


@requires("operate", post=True)
def create(request: HttpRequest, group: str) -> HttpResponse:
    text, there = request.POST.get("note", "").strip()[:LONGEST], False
    with attempt(request, "note", named(group)) as deed:
        there = engine.act(lambda operations: operations.note_group(group, text, by=request.user.get_username()))
        deed.detail = text if there else GONE
    to = reverse("dashboard:failure", args=[group])
    if deed.failure or not there:
        return answer(request, _("The note was not kept."), detail=deed.failure or _(GONE), tone="error", to=to)
    return answer(request, _("The note is kept.") if text else _("The note is gone."), to=to)
