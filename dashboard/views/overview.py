from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.access import requires


@requires("view")
def show(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/overview.html", {"title": "Overview"})
