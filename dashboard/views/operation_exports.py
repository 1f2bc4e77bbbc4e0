"""Operations, and what became of each job of one, as files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

from dashboard import export
from dashboard.access import requires
from dashboard.bulk.records import Operation

COLUMNS = (
    *("id", "act", "set", "state", "jobs", "done", "skipped", "reason", "who", "address"),
    *("rate", "frozen_at", "began_at", "ended_at", "trouble"),
)
READ = 200


@requires("view")
def show(request: HttpRequest) -> HttpResponseBase:
    return export.download(request, _operations(), columns=COLUMNS, what="operations")


def _operations() -> Iterator[dict[str, Any]]:
    """Newest first, by key: a cursor would hold the database for as long as somebody reads slowly."""
    known = Operation.objects.exclude(state=Operation.State.DRAFT)
    page = list(known[:READ])
    while page:
        for found in page:
            yield {
                "id": found.pk,
                "act": found.act,
                "set": found.described,
                "state": found.state,
                "jobs": found.total,
                "done": found.done,
                "skipped": found.skipped,
                "reason": found.reason,
                "who": found.who,
                "address": found.address,
                "rate": found.rate,
                "frozen_at": found.frozen_at,
                "began_at": found.began_at,
                "ended_at": found.ended_at,
                "trouble": found.trouble,
            }
        page = list(known.filter(pk__lt=page[-1].pk)[:READ])


@requires("view")
def results(request: HttpRequest, operation: int) -> HttpResponseBase:
    """What became of each job."""
    found = get_object_or_404(Operation.objects.exclude(state=Operation.State.DRAFT), pk=operation)
    what = f"operation {found.pk}"
    return export.download(request, _results(found), columns=("job", "result", "why"), what=what, described="results")


def _results(operation: Operation) -> Iterator[dict[str, Any]]:
    number = 0
    while (chunk := operation.chunks.filter(number=number).first()) is not None:
        for place, job_id in enumerate(chunk.jobs):
            why = chunk.why.get(str(place), "")
            result = "skipped" if why else "done" if chunk.done_at else "not treated"
            yield {"job": job_id, "result": result, "why": why}
        number += 1
