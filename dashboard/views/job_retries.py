from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from dashboard import acts, engine
from dashboard.access import requires
from dashboard.letterlist import LOOPS


@requires("operate", post=True)
def create(request: HttpRequest) -> HttpResponse:
    """Those that were chosen. What keeps coming back is left alone unless ``although`` says that this is known."""
    by, comebacks = engine.by(request), None if "although" in request.POST else LOOPS
    return acts.perform(
        request, "retry", "Retried", lambda operations, ids: operations.retry(ids, by=by, comebacks=comebacks)
    )
