from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard import engine
from dashboard.access import viewer_of
from queueing import conf
from queueing.errors import LeveretError
from queueing.exposition import TokenRefused, check_bearer, expose


@require_safe
@never_cache
@login_not_required
def show(request: HttpRequest) -> HttpResponse:
    """For Prometheus, by its token; and for whoever is logged in and may look at jobs. Never the login page: a scraper
    would take its HTML for figures."""
    if (refusal := _refusal(request)) is not None:
        return refusal
    try:
        figures = engine.look(lambda inspector: inspector.figures())
    except LeveretError as error:
        return _say(503, str(error))
    found = expose(figures, accept=request.headers.get("Accept", ""))
    return HttpResponse(found.body, content_type=found.content_type)


def _refusal(request: HttpRequest) -> HttpResponse | None:
    """A token that is brought decides alone: one that has been withdrawn must not pass by somebody's session."""
    header = request.headers.get("Authorization", "")
    if not header and request.user.is_authenticated:
        return None if viewer_of(request).may_view else _say(403, "This takes the permission view.")
    try:
        check_bearer(header, conf.metrics_token())
    except TokenRefused:
        refused = _say(401, 'Bring the token of LEVERET["METRICS_TOKEN"] as "Authorization: Bearer …", or log in.')
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused
    return None


def _say(status: int, text: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
