"""What went wrong, in the console's own language. These pages must render when nothing else does: they ask neither
the database nor the queue."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "dashboard/errors/400.html", status=400)


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: PermissionDenied | None = None) -> HttpResponse:
    return render(request, "dashboard/errors/403.html", {"missing": exception}, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "dashboard/errors/csrf.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "dashboard/errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/errors/500.html", status=500)
