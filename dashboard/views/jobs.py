from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from dashboard import acts, engine, joblist
from dashboard.access import requires, viewer_of
from dashboard.jobquery import WITHIN, JobQuery
from queueing.domain.reading import LaneCount, Page
from queueing.errors import LeveretError
from queueing.inspector import Inspector


@requires("view")
def show(request: HttpRequest) -> HttpResponse:
    query = JobQuery.read(request.GET)
    if query.words and (taken := query.take_in()) != query:
        return redirect(taken.url(words=taken.words))
    context: dict[str, Any] = {"title": "Jobs", "query": query, "within": _spans(query)}
    context |= {"viewer": viewer_of(request), "acts": acts.MANY}
    try:
        page, lanes, known = engine.look(lambda inspector: _load(inspector, query))
    except LeveretError as error:
        # The live list says so in its place, and is there when the server is back.
        return render(request, "dashboard/jobs/page.html", context | {"error": error, "follows": True})
    if known:
        return redirect("dashboard:job", query.words)
    # A list without a row has nothing that could be moved under the reader.
    follows = query.follow or not (page.rows or query.cursor)
    context |= {"page": page, "follows": follows, "params": joblist.params_of(query, page), **_choices(query, lanes)}
    return render(request, "dashboard/jobs/page.html", context)


async def _load(inspector: Inspector, query: JobQuery) -> tuple[Page, list[LaneCount], bool]:
    wanted = query.filter(now=timezone.now())
    page = await inspector.page(wanted, cursor=query.cursor or None)
    known = bool(query.words) and (await inspector.summaries([query.words]))[0] is not None
    return page, await inspector.lanes(), known


def _spans(query: JobQuery) -> list[tuple[str, str, bool]]:
    none = ("Any time", query.url(within="", since="", until=""), query.span == "Any time")
    spans = [
        (label, query.url(within=key, since="", until=""), query.within == key) for key, (label, _) in WITHIN.items()
    ]
    return [none, *spans]


def _choices(query: JobQuery, lanes: list[LaneCount]) -> dict[str, list[tuple[str, str, bool]]]:
    """Queues and types to narrow the list to: name, URL, whether it is chosen."""
    queues = sorted({lane.queue for lane in lanes})
    types = sorted({lane.type for lane in lanes if not query.queues or lane.queue in query.queues})
    return {
        "queues": [(name, query.url(queues=(name,)), name in query.queues) for name in queues],
        "types": [(name, query.url(types=(name,)), name in query.types) for name in types],
    }
