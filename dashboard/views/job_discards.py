from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard import acts
from dashboard.access import requires
from dashboard.asking import ask
from dashboard.http import way_back


@requires("operate", post=True)
def create(request: HttpRequest) -> HttpResponse:
    """Nothing brings a discarded job back, so it is asked first: by a script before it sends, else by a page."""
    ids, back = acts.ids_of(request), way_back(request)
    if ids and "sure" not in request.POST and not request.htmx:  # type: ignore[attr-defined]
        context = {"title": _("Discard"), "nav": "jobs", "ids": ids, "back": back}
        return ask(request, "dashboard/jobs/_discard.html", context)
    # The page of a job that is discarded can only say that there is none.
    was_its_page = len(ids) == 1 and back.endswith(reverse("dashboard:job", args=ids))
    return acts.perform(
        request,
        "discard",
        "Discarded",
        lambda operations, ids: operations.discard(ids),
        to=lambda changes: reverse("dashboard:jobs") if was_its_page and changes[0].done else None,
    )
