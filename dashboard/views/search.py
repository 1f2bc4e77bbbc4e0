from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dashboard import search
from dashboard.access import requires, viewer_of
from dashboard.http import is_partial
from queueing.errors import LeveretError


@requires("view")
def show(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "")[:200]
    context = {"title": _("Search"), "words": words.strip(), "palette": is_partial(request)}
    try:
        context["groups"] = search.find(words, viewer_of(request))
    except LeveretError as error:
        context["error"] = error
    return render(
        request, "dashboard/search/_found.html" if context["palette"] else "dashboard/search/page.html", context
    )
