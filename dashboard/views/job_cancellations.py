from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from dashboard import acts, engine
from dashboard.access import requires


@requires("operate", post=True)
def create(request: HttpRequest) -> HttpResponse:
    by = engine.by(request)
    return acts.perform(request, "cancel", "Cancelled", lambda operations, ids: operations.cancel(ids, by=by))
