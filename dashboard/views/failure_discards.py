"""A discard of all that failed alike. Nothing brings them back, so it asks why."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dashboard.access import requires
from dashboard.groupacts import perform, question

TEMPLATE = "dashboard/failures/_discard.html"


@requires("operate")
def new(request: HttpRequest, group: str) -> HttpResponse:
    return question(request, group, TEMPLATE, _("Discard"))


@requires("operate", post=True)
def create(request: HttpRequest, group: str) -> HttpResponse:
    if not request.POST.get("reason", "").strip():
        return question(request, group, TEMPLATE, _("Discard"), wrong=True)
    return perform(
        request, group, "discard", "Discarded", lambda operations, limit: operations.discard_group(group, limit=limit)
    )
