from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard import overview
from dashboard.access import requires


@requires("view")
def show(request: HttpRequest) -> HttpResponse:
    chosen = overview.span_of(request.GET.get("range", ""))
    spans = [(key, span.label, key == chosen) for key, span in overview.SPANS.items()]
    return render(
        request, "dashboard/overview/page.html", {"title": "Overview", "spans": spans, "params": {"range": chosen}}
    )
