from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard import engine


@require_safe
@never_cache
@login_not_required
def alive(request: HttpRequest) -> HttpResponse:
    """For whoever starts processes anew, or takes them off a load balancer: this one answers. It asks nobody, for the
    pages say themselves which server is away, and a console that is away too would tell nothing."""
    return HttpResponse("alive\n", content_type="text/plain")


@require_safe
@never_cache
@login_not_required
def show(request: HttpRequest) -> JsonResponse:
    """For monitoring: says whether broker and store answer, and nothing about them."""
    health = engine.health()
    ready = health is not None and health.broker.ok and health.store.ok
    parts = {"broker": health is not None and health.broker.ok, "store": health is not None and health.store.ok}
    return JsonResponse({"ready": ready, **parts}, status=200 if ready else 503)
