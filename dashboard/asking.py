"""Questions before an act: a dialog where a script asks for it (``<a href="…" data-dialog>``), a page without."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.http import is_partial


def ask(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """``template`` is the question alone: head, form and footer. 422 asks again, saying what was wrong."""
    if is_partial(request):
        return render(request, template, context, status=status)
    return render(request, "dashboard/ask.html", context | {"question": template}, status=status)


def stay(request: HttpRequest, page: str) -> str | None:
    """For ``answer(to=…)``: a dialog closes over the page it was opened on; the question's page leads to ``page``."""
    return None if is_partial(request) else page
