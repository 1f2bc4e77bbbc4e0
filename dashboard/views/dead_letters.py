from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dashboard import engine, jobwords, letterlist, queuelist, rawview
from dashboard.access import Viewer, requires
from dashboard.http import is_partial
from dashboard.letterlist import LetterQuery, Row, came_since, comebacks, params_of
from dashboard.live import Params, live_view
from dashboard.queuelist import Shown
from queueing.domain.job import Frame, JobRecord, JobSummary
from queueing.domain.options import JobOptions
from queueing.domain.reading import Page
from queueing.errors import LeveretError
from queueing.inspector import Inspector


@requires("view")
def index(request: HttpRequest) -> HttpResponse:
    """The queue with most of them, as its own page."""
    try:
        found = letterlist.tabs(queuelist.shown(engine.look(lambda inspector: inspector.queues())), "")
    except LeveretError as error:
        return render(request, "dashboard/dead_letters/none.html", {"title": "Dead letters", "error": error})
    if found:
        return redirect("dashboard:dead_letters_of", found[0][0].name)
    return render(request, "dashboard/dead_letters/none.html", {"title": "Dead letters"})


@requires("view")
def show(request: HttpRequest, queue: str) -> HttpResponse:
    given = {name: request.GET.get(name, "") for name in ("type", "cursor", "at")}
    query = LetterQuery(queue=queue, **given)
    context = {"title": queue, "nav": "dead_letters", "query": query}
    try:
        status, page = engine.look(lambda inspector: _load(inspector, query))
    except LeveretError as error:
        return render(request, "dashboard/dead_letters/page.html", context | {"error": error})
    if is_partial(request) and query.at:
        return render(request, "dashboard/dead_letters/_letter_live.html", {"letter": _neighbours(query, page)})
    context |= {"status": status, "page": page, "params": params_of(query, page), "letter": _neighbours(query, page)}
    return render(request, "dashboard/dead_letters/page.html", context)


async def _load(inspector: Inspector, query: LetterQuery) -> tuple[Shown, Page]:
    status = await _queue(inspector, query.queue)
    return status, await inspector.page(query.filter(status), cursor=query.cursor or None)


async def _queue(inspector: Inspector, name: str) -> Shown:
    status = await inspector.queue(name)
    if status is None:
        raise Http404(f"There is no queue {name}.")
    return Shown(status)


def _neighbours(query: LetterQuery, page: Page) -> dict[str, str]:
    """The open letter, and the ways from it."""
    ids = [job.id for job in page.rows]
    at = ids.index(query.at) if query.at in ids else None
    before = query.url(at=ids[at - 1]) if at else ""
    after = query.url(at=ids[at + 1]) if at is not None and at + 1 < len(ids) else ""
    return {"id": query.at, "queue": query.queue, "before": before, "after": after, "shut": query.shut}


@live_view("dead_letters.tabs", template="dashboard/dead_letters/_tabs.html", hints=("job", "queue"))
def tabs(params: Params, viewer: Viewer) -> dict[str, Any]:
    queues = queuelist.shown(engine.look(lambda inspector: inspector.queues()))
    return {"tabs": letterlist.tabs(queues, params["queue"]), "current": params["queue"]}


@live_view("dead_letters.list", template="dashboard/dead_letters/_list.html", hints=("job", "queue"), every=5.0)
def rows(params: Params, viewer: Viewer) -> dict[str, Any]:
    """The rows that the page was loaded with, each as it is now, and how many have come since."""
    query = LetterQuery(**{name: params[name] for name in ("queue", "type", "cursor", "at")})
    top = datetime.fromisoformat(params["top"]) if params["top"] else None
    status, jobs, new = engine.look(lambda inspector: _again(inspector, query, params["ids"], top))
    found = [Row(id, query.url(at=id), job) for id, job in zip(params["ids"], jobs, strict=True)]
    return {
        "query": query,
        "queue": status,
        "rows": found,
        "total": query.count(status),
        "new": new,
        "more_new": new >= letterlist.NEW,
        "newer": query.url(cursor=params["newer"], at="") if params["newer"] else "",
        "older": query.url(cursor=params["older"], at="") if params["older"] else "",
    }


async def _again(
    inspector: Inspector, query: LetterQuery, ids: list[str], top: datetime | None
) -> tuple[Shown, list[JobSummary | None], int]:
    status = await inspector.queue(query.queue)
    shown = Shown(status) if status else queuelist.nothing(query.queue)
    jobs, new = await asyncio.gather(inspector.summaries(ids), came_since(inspector, query.filter(shown), ids, top))
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
        "comebacks": comebacks(record),
        "last_attempts": record.attempts[-5:],
        "more_attempts": max(0, len(record.attempts) - 5),
    }


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
