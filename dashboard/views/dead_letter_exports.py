"""The dead letters that a page shows, as a file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from dashboard import export
from dashboard.access import requires, viewer_of
from dashboard.http import answer
from dashboard.letterexport import COLUMNS, records
from dashboard.letterquery import LetterQuery


@requires("view")
def show(request: HttpRequest, queue: str) -> HttpResponseBase:
    query = LetterQuery.of_queue(queue, request.GET)
    if query.mistakes:
        detail = _("A condition was not understood, and without it other letters would be meant.")
        return answer(request, _("Nothing was exported."), detail=detail, tone="error", to=query.url())
    letters = records(query, revealed=viewer_of(request).may_reveal)
    return export.download(request, letters, columns=COLUMNS, what="dead letters", described=query.described)
