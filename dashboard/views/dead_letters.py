from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard import audit, engine, jobwords, letterlist, queuelist, rawview, searching
from dashboard.access import Viewer, requires, viewer_of
from dashboard.http import is_partial
from dashboard.letterlist import Row, came_since
from dashboard.letterquery import LetterQuery
from dashboard.live import Params, live_view
from dashboard.queuelist import Shown
from dashboard.searching import SoFar
from queueing.domain.headers import deaths
from queueing.domain.job import Frame, JobRecord, JobSummary
from queueing.domain.options import JobOptions
from queueing.domain.reading import Page
from queueing.errors import LeveretError
from queueing.inspector import PAGE, Inspector


@requires("view")
def index(request: HttpRequest) -> HttpResponse:
    """The queue with most of them, as its own page."""
    try:
        found = letterlist.tabs(queuelist.shown(engine.look(lambda inspector: inspector.queues())), "")
    except LeveretError as error:
        return render(request, "dashboard/dead_letters/none.html", {"title": _("Dead letters"), "error": error})
    if found:
        return redirect("dashboard:dead_letters_of", found[0][0].name)
    return render(request, "dashboard/dead_letters/none.html", {"title": _("Dead letters")})


@requires("view")
def show(request: HttpRequest, queue: str) -> HttpResponse:
    viewer, query = viewer_of(request), LetterQuery.of_queue(queue, request.GET)
    so_far = SoFar.read(request.GET.get("found", "")) if query.searches and query.cursor else SoFar()
    context: dict[str, Any] = {"title": queue, "nav": "dead_letters", "query": query, "loops": letterlist.LOOPS}
    context["masked"] = () if viewer.may_reveal else query.masked
    if query.masked and viewer.may_reveal and not query.cursor:
        audit.record(request, "search masked", query.described[:300])
    try:
        status, page = engine.look(lambda inspector: _load(inspector, query, viewer, so_far))
    except LeveretError as error:
        return render(request, "dashboard/dead_letters/page.html", context | {"error": error})
    ids = [*so_far.ids, *(job.id for job in page.rows)]
    context |= {"status": status, "page": page, "letter": _neighbours(query, ids)}
    if is_partial(request) and query.at and "found" not in request.GET:
        return render(request, "dashboard/dead_letters/_letter_live.html", context)
    if not query.searches:
        context["params"] = letterlist.params_of(query, page)
        return render(request, "dashboard/dead_letters/page.html", context)
    so_far = so_far.and_then(page)
    context["params"] = letterlist.params_of_search(query, so_far, page)
    context["search"] = searching.progress(query, so_far, page, list(status.types))
    part = "_found" if is_partial(request) else "page"
    return render(request, f"dashboard/dead_letters/{part}.html", context)


async def _load(inspector: Inspector, query: LetterQuery, viewer: Viewer, so_far: SoFar) -> tuple[Shown, Page]:
    status = await _queue(inspector, query.queue)
    wanted = query.filter(now=timezone.now(), revealed=viewer.may_reveal)
    limit = so_far.room if query.searches else PAGE
    return status, await inspector.page(wanted, cursor=query.cursor or None, limit=limit)


async def _queue(inspector: Inspector, name: str) -> Shown:
    status = await inspector.queue(name)
    if status is None:
        raise Http404(f"There is no queue {name}.")
    return Shown(status)


async def _queue_or_none(inspector: Inspector, name: str) -> Shown:
    status = await inspector.queue(name)
    return Shown(status) if status else queuelist.nothing(name)


def _neighbours(query: LetterQuery, ids: list[str]) -> dict[str, str]:
    """The open letter, and the ways from it."""
    at = ids.index(query.at) if query.at in ids else None
    before = query.opened(ids[at - 1]) if at else ""
    after = query.opened(ids[at + 1]) if at is not None and at + 1 < len(ids) else ""
    return {"id": query.at, "queue": query.queue, "before": before, "after": after, "shut": query.shut}


@live_view("dead_letters.tabs", template="dashboard/dead_letters/_tabs.html", hints=("job", "queue"))
def tabs(params: Params, viewer: Viewer) -> dict[str, Any]:
    queues = queuelist.shown(engine.look(lambda inspector: inspector.queues()))
    return {"tabs": letterlist.tabs(queues, params["queue"]), "current": params["queue"]}


@live_view("dead_letters.list", template="dashboard/dead_letters/_list.html", hints=("job", "queue"), every=5.0)
def rows(params: Params, viewer: Viewer) -> dict[str, Any]:
    """The rows that the page was loaded with, each as it is now, and how many have come since."""
    query = replace(LetterQuery.of(params), cursor=params["cursor"])
    top = datetime.fromisoformat(params["top"]) if params["top"] else None
    loaded: Page | None = engine.kept("dead_letters.page")
    if loaded is None or params["ids"] != [job.id for job in loaded.rows]:
        status, jobs, new = engine.look(lambda inspector: _again(inspector, query, viewer, params["ids"], top))
    else:
        # The page of this very moment: each letter is as it is, and none is newer.
        status, jobs, new = engine.look(lambda inspector: _queue_or_none(inspector, query.queue)), list(loaded.rows), 0
    total = letterlist.count(query, status)
    opened = query.openings()
    rows = [Row(id, opened(id), job) for id, job in zip(params["ids"], jobs, strict=True)]
    return {
        "query": query,
        "queue": status,
        "rows": rows,
        "drawn": letterlist.draw(rows, query, viewer),
        "total": total,
        "some": total if total is not None else len(jobs),
        "replay_all": query.all_of("replay"),
        "discard_all": query.all_of("discard"),
        "exports": query.exports,
        "new": new,
        "more_new": new >= letterlist.NEW,
        "newer": query.url(cursor=params["newer"], at="") if params["newer"] else "",
        "older": query.url(cursor=params["older"], at="") if params["older"] else "",
        "searching": params.get("searching", False),
    }


async def _again(
    inspector: Inspector, query: LetterQuery, viewer: Viewer, ids: list[str], top: datetime | None
) -> tuple[Shown, list[JobSummary | None], int]:
    shown = await _queue_or_none(inspector, query.queue)
    wanted = query.filter(now=timezone.now(), revealed=viewer.may_reveal)
    jobs, new = await asyncio.gather(inspector.summaries(ids), came_since(inspector, wanted, ids, top))
    return shown, jobs, new


@live_view("dead_letters.one", template="dashboard/dead_letters/_letter.html", about=lambda params: str(params["id"]))
def one(params: Params, viewer: Viewer) -> dict[str, Any]:
    record = engine.look(lambda inspector: inspector.job(params["id"]))
    if record is None:
        return {"job": None}
    return {
        "job": record,
        "place": place(record),
        "options": options(record.options),
        "raw": rawview.show(record.payload) if record.spec.encoding == "raw" else None,
        "headers": came_with(record),
        "deaths": deaths(record.error.headers) if record.error else (),
        "loops": record.comebacks >= letterlist.LOOPS,
        "alike": LetterQuery.of_queue(record.queue).like(record.type, record.error.kind) if record.error else None,
        "last_attempts": record.attempts[-5:],
        "more_attempts": max(0, len(record.attempts) - 5),
    }


def came_with(record: JobRecord) -> dict[str, Any]:
    """The headers of a message that was not ours, or that the broker buried; its deaths have a place of their own."""
    found = record.error.headers if record.error else {}
    return {name: value for name, value in found.items() if name != "x-death"}


def options(chosen: JobOptions) -> list[tuple[str, str]]:
    """Those that differ from the default, in words."""
    given: dict[str, Any] = msgspec.to_builtins(chosen)
    if "backoff" in given:
        given["backoff"] = jobwords.backoff(chosen.backoff)
    for name in ("delay", "timeout", "unique_for", "retention"):
        if name in given:
            given[name] = jobwords.span(given[name])
    if "tags" in given:
        given["tags"] = ", ".join(chosen.tags)
    return [(name, str(value)) for name, value in given.items() if name != "meta"]


def place(record: JobRecord) -> Frame | None:
    """Where in the team's own code it went wrong."""
    frames = record.error.frames if record.error else ()
    ours = [frame for frame in frames if frame.ours]
    return ours[-1] if ours else None
