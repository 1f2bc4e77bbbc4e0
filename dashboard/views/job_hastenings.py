from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from dashboard import acts, engine
from dashboard.access import requires


@requires("operate", post=True)
def create(request: HttpRequest) -> HttpResponse:
    by = engine.by(request)
    return acts.perform(request, "run now", "Queued", lambda operations, ids: operations.hasten(ids, by=by))
