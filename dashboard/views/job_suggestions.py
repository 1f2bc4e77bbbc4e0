from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard import suggesting
from dashboard.access import requires
from dashboard.jobquery import JobQuery
from dashboard.terms import LONGEST
from queueing.errors import LeveretError


@requires("view")
def show(request: HttpRequest) -> HttpResponse:
    """For the word at the caret: ``typed`` and ``at``, beside the conditions that hold already."""
    typed, at = request.GET.get("typed", "")[:LONGEST], request.GET.get("at", "")
    word = suggesting.word_at(typed, int(at) if at.isascii() and at.isdecimal() and len(at) < 6 else len(typed))
    context: dict[str, Any] = {"word": word}
    try:
        context["groups"] = suggesting.suggest(word.text, JobQuery.read(request.GET))
    except LeveretError:
        # The page says what is wrong; a box that suggests nothing can still be typed into.
        context["groups"] = []
    return render(request, "dashboard/jobs/_suggestions.html", context)
