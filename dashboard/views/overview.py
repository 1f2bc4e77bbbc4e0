from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard import overview, series
from dashboard.access import requires
from queueing.errors import LeveretError


@requires("view")
def show(request: HttpRequest) -> HttpResponse:
    chosen = overview.span_of(request.GET.get("range", ""))
    spans = [(key, span.label, key == chosen) for key, span in overview.SPANS.items()]
    context = {"title": _("Overview"), "spans": spans, "params": {"range": chosen}, "chosen": chosen}
    return render(request, "dashboard/overview/page.html", context)


@requires("view")
def figures(request: HttpRequest) -> HttpResponse:
    """What the charts show, as a table: for those who do not see them, and for the exact figure."""
    chosen, now = overview.span_of(request.GET.get("range", "")), timezone.now()
    spans = [(key, span.label, key == chosen) for key, span in overview.SPANS.items()]
    context: dict[str, Any] = {"title": _("Figures"), "nav": "overview", "spans": spans, "span": overview.SPANS[chosen]}
    try:
        context["points"] = series.points(overview.by_minutes(chosen, now), now=now)[::-1]
    except LeveretError as error:
        context["error"] = error
    return render(request, "dashboard/overview/figures.html", context)
