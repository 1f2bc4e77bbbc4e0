"""The jobs that a list shows, as a file: all that match, newest first, as far back as their records go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard import engine, export
from dashboard.access import requires, viewer_of
from dashboard.http import answer
from dashboard.jobquery import JobQuery
from queueing.domain.job import JobSummary
from queueing.domain.reading import JobFilter, Page
from queueing.domain.secrets import hush
from queueing.inspector import Inspector

READ = 500
"""Jobs that are asked for at a time."""
COLUMNS = (
    *("id", "queue", "type", "state", "attempts", "max_attempts", "created_at", "due_at", "started_at", "finished_at"),
    *("worker", "error", "message", "note", "tags", "comebacks"),
)


@requires("view")
def show(request: HttpRequest) -> HttpResponseBase:
    query = JobQuery.read(request.GET)
    if query.mistakes:
        detail = _("A condition was not understood, and without it other jobs would be meant.")
        return answer(request, _("Nothing was exported."), detail=detail, tone="error", to=query.url())
    wanted = query.filter(now=timezone.now(), revealed=viewer_of(request).may_reveal)
    return export.download(request, _records(wanted), columns=COLUMNS, what="jobs", described=query.described)


def _records(wanted: JobFilter) -> Iterator[dict[str, Any]]:
    """Page by page, while they are sent. What changes its state meanwhile may be missed, as on any page."""
    cursor: str | None = None
    while True:
        page = engine.look(lambda inspector, cursor=cursor: _page(inspector, wanted, cursor))  # type: ignore[misc]
        yield from map(_record, page.rows)
        if (cursor := page.older) is None:
            return


async def _page(inspector: Inspector, wanted: JobFilter, cursor: str | None) -> Page:
    return await inspector.page(wanted, cursor=cursor, limit=READ)


def _record(job: JobSummary) -> dict[str, Any]:
    return {
        "id": job.id,
        "queue": job.queue,
        "type": job.type,
        "state": job.state,
        "attempts": job.attempt,
        "max_attempts": job.max_attempts,
        "created_at": job.created_at,
        "due_at": job.due_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "worker": job.worker,
        "error": job.error_kind,
        # A list shows the start of a message; under an innocent name it may hold what pages mask.
        "message": hush(job.error_message) if job.error_message else None,
        "note": hush(job.note) if job.note else None,
        "tags": job.tags,
        "comebacks": job.comebacks,
    }
