"""A retry of all that failed alike: each the same job with a new epoch and all its attempts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dashboard import acts, engine, groupview
from dashboard.access import requires
from dashboard.groupacts import perform, question
from dashboard.letterlist import LOOPS


@requires("operate")
def new(request: HttpRequest, group: str) -> HttpResponse:
    looping = groupview.looping(group, among=acts.AT_ONCE, times=LOOPS)
    return question(request, group, "dashboard/failures/_retry.html", _("Retry"), looping=looping, loops=LOOPS)


@requires("operate", post=True)
def create(request: HttpRequest, group: str) -> HttpResponse:
    """What keeps coming back is left alone unless ``although`` says that this is known."""
    by, comebacks = engine.by(request), None if "although" in request.POST else LOOPS
    return perform(
        request,
        group,
        "retry",
        "Retried",
        lambda operations, limit: operations.retry_group(group, by=by, limit=limit, comebacks=comebacks),
    )
