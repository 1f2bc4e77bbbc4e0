"""A discard deletes the records of dead letters; the keeper then takes their messages out of the broker."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dashboard import acts
from dashboard.access import requires
from dashboard.asking import ask, stay
from dashboard.letterquery import LetterQuery
from queueing.domain.ports import Changed
from queueing.operations import Operations


@requires("operate")
def new(request: HttpRequest, queue: str) -> HttpResponse:
    """The question. A selection is posted to it: its ids would make a long URL, with a token in it."""
    ids = acts.ids_of(request) or list(dict.fromkeys(request.GET.getlist("job")))
    query = LetterQuery.of_queue(queue)
    context = {"title": _("Discard"), "nav": "dead_letters", "query": query, "ids": ids, "count": len(ids)}
    return ask(request, "dashboard/dead_letters/_discard.html", context)


def discard(operations: Operations, ids: Sequence[str]) -> Coroutine[Any, Any, list[Changed]]:
    return operations.discard(ids)


@requires("operate", post=True)
def create(request: HttpRequest, queue: str) -> HttpResponse:
    to = stay(request, LetterQuery.of_queue(queue).url())
    return acts.perform(request, "discard", "Discarded", discard, to=lambda changes: to)
