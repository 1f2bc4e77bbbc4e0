"""The rows of the list of jobs, and what may be done with them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.utils import timezone

from dashboard import acts, columns, engine
from dashboard.access import Viewer
from dashboard.jobquery import AHEAD_OF_TIME, JobQuery
from dashboard.jobrows import Rows
from dashboard.jobtimes import moment_of
from dashboard.live import Params, live_view
from dashboard.searching import SoFar
from queueing.domain.job import JobSummary
from queueing.domain.reading import Page
from queueing.domain.states import JobState
from queueing.errors import LeveretError
from queueing.inspector import PAGE, Inspector

NEW = 100
"""New jobs are counted up to here."""
LOOK = 400
"""And so many of them are looked at, where each must be."""


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    job: JobSummary | None
    """None: it was discarded, or trimmed, while somebody looked at it."""
    moved: bool = False
    """It has left the state that the list is about; it keeps its place until the list is loaded again."""

    @property
    def acts(self) -> tuple[acts.Act, ...]:
        return acts.ALLOWED[self.job.state] if self.job else ()


@live_view("jobs.tabs", template="dashboard/jobs/_tabs.html", hints=("job",))
def tabs(params: Params, viewer: Viewer) -> dict[str, Any]:
    query = JobQuery.of(params)
    counts = _counts(query)
    return {
        "query": query,
        "links": [(state, query.url(state=state), counts.get(state)) for state in JobState],
        "all_url": query.url(state=None),
        "total": sum(counts.values()) if counts else None,
    }


def _counts(query: JobQuery) -> dict[JobState, int]:
    """None of them where nobody counts: the tabs are there to be followed all the same."""
    if not query.countable:
        return {}
    try:
        return engine.look(lambda inspector: inspector.counts(queues=query.queues, types=query.types))
    except LeveretError:
        return {}


@live_view("jobs.list", template="dashboard/jobs/_list.html", hints=("job",), every=15.0)
def shown(params: Params, viewer: Viewer) -> dict[str, Any]:
    """The rows that the page was loaded with, each as it is now, and how many have come since."""
    query, ids = JobQuery.of(params), list(params["ids"])
    top = datetime.fromisoformat(params["top"]) if params["top"] else None
    loaded: Page | None = engine.kept(("jobs.page", query.encoded()))
    if loaded is not None and ids == [job.id for job in loaded.rows]:
        # The page of this very moment: each row is as it is, and none is newer.
        jobs: list[JobSummary | None] = list(loaded.rows)
        new, around = 0, engine.look(lambda inspector: _around(inspector, query))
    else:
        jobs, new, around = engine.look(lambda inspector: _again(inspector, query, viewer, ids, top))
    rows = [Row(job_id, job, _moved(job, query)) for job_id, job in zip(ids, jobs, strict=True)]
    context = _context(query, viewer, rows, params["newer"], params["older"], around)
    return context | {"new": new, "more_new": new >= NEW, "searching": params.get("searching", False)}


@live_view("jobs.followed", template="dashboard/jobs/_list.html", hints=("job",), every=15.0)
def followed(params: Params, viewer: Viewer) -> dict[str, Any]:
    """The newest rows, whichever those are."""
    query = JobQuery.of(params)
    loaded: Page | None = engine.kept(("jobs.newest", query.encoded()))
    page, around = engine.look(lambda inspector: _newest(inspector, query, viewer, loaded))
    context = _context(query, viewer, [Row(job.id, job) for job in page.rows], page.newer, page.older, around)
    return context | {"follows": True}


def params_of(query: JobQuery, page: Page) -> dict[str, Any]:
    """What :func:`shown` needs to show this page again; where that is at once, it need not ask again."""
    engine.keep(("jobs.page", query.params["query"]), page)
    if not query.cursor:
        engine.keep(("jobs.newest", query.params["query"]), page)
    first = query.cursor == "" and bool(page.rows)
    top = moment_of(page.rows[0]) if first else None
    return {
        **query.params,
        "ids": [job.id for job in page.rows],
        "top": top.isoformat() if top else "",
        "newer": page.newer,
        "older": page.older,
    }


def params_of_search(query: JobQuery, so_far: SoFar, page: Page) -> dict[str, Any]:
    return {
        **query.params,
        "ids": list(so_far.ids),
        "top": so_far.top,
        "newer": so_far.newer or None,
        "older": page.older,
        "searching": page.older is not None and len(so_far.ids) < PAGE,
    }


class Around(NamedTuple):
    """What the list says beside its rows."""

    counts: dict[JobState, int]
    obstacles: dict[str, str]
    """Why queued jobs wait, by queue."""


async def _newest(inspector: Inspector, query: JobQuery, viewer: Viewer, page: Page | None) -> tuple[Page, Around]:
    if page is None:
        page = await inspector.page(query.filter(now=timezone.now(), revealed=viewer.may_reveal))
    return page, await _around(inspector, query)


async def _again(
    inspector: Inspector, query: JobQuery, viewer: Viewer, ids: Sequence[str], top: datetime | None
) -> tuple[list[JobSummary | None], int, Around]:
    jobs, around = await asyncio.gather(inspector.summaries(ids), _around(inspector, query))
    if top is None:
        return jobs, 0, around
    wanted = query.filter(now=timezone.now(), revealed=viewer.may_reveal)
    since = max(top, wanted.since) if wanted.since else top
    page = await inspector.page(msgspec.structs.replace(wanted, since=since), limit=NEW + PAGE, look=LOOK)
    known = set(ids)
    return jobs, min(NEW, sum(job.id not in known for job in page.rows)), around


async def _around(inspector: Inspector, query: JobQuery) -> Around:
    counts, obstacles = await asyncio.gather(
        inspector.counts(queues=query.queues, types=query.types), inspector.obstacles()
    )
    return Around(counts, obstacles)


def _context(
    query: JobQuery, viewer: Viewer, rows: list[Row], newer: str | None, older: str | None, around: Around
) -> dict[str, Any]:
    counts = around.counts
    total = counts[query.state] if query.state else sum(counts.values())
    later = [(state, query.url(state=state), counts[state]) for state in AHEAD_OF_TIME if counts[state]]
    shown = columns.shown(query.columns)
    drawing = Rows(query, viewer, shown, around.obstacles)
    return {
        "query": query,
        "columns": shown,
        "rows": rows,
        "drawn": [drawing.draw(row) for row in rows],
        "newer": query.url(cursor=newer) if newer else "",
        "older": query.url(cursor=older) if older else "",
        "total": total if query.countable and query.state else None,
        "in_state": total,
        "in_all": sum(counts.values()),
        "later": later if query.countable and not query.state else [],
    }


def _moved(job: JobSummary | None, query: JobQuery) -> bool:
    return job is not None and query.state is not None and job.state is not query.state
