from __future__ import annotations

import asyncio
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard import acts, audit, columns, engine, export, joblist, searching
from dashboard.access import Viewer, requires, viewer_of
from dashboard.http import is_partial
from dashboard.jobquery import WITHIN, JobQuery
from dashboard.models import SavedView
from dashboard.searching import SoFar
from queueing.domain.reading import LaneCount, Page
from queueing.errors import LeveretError
from queueing.inspector import PAGE, Inspector, total


@requires("view")
def show(request: HttpRequest) -> HttpResponse:
    viewer, query = viewer_of(request), JobQuery.read(request.GET)
    if request.GET.getlist("q") != ([query.q] if query.q else []):
        return redirect(query.url(words=query.words, mistakes=query.mistakes))
    so_far = SoFar.read(request.GET.get("found", "")) if query.searches and query.cursor else SoFar()
    context: dict[str, Any] = {"title": _("Jobs"), "query": query, "within": _spans(query), "viewer": viewer}
    context |= {"views": _views(request, query), "all_columns": _columns(query), "typing": "typing" in request.GET}
    context |= {"exports": export.choices(reverse("dashboard:job_exports"), query.params["query"])}
    context |= {"acts": acts.MANY, "masked": () if viewer.may_reveal else query.masked}
    if query.masked and viewer.may_reveal and not query.cursor:
        # What was looked for is what is masked: where, not what.
        audit.record(request, "search masked", " ".join(f"{term.key}:…" for term in query.masked))
    try:
        page, lanes, known = engine.look(lambda inspector: _load(inspector, query, viewer, so_far))
    except LeveretError as error:
        # The live list says so in its place, and is there when the server is back.
        return render(request, "dashboard/jobs/page.html", context | {"error": error, "follows": True})
    if known:
        return redirect("dashboard:job", query.more[0].value)
    if query.searches:
        so_far = so_far.and_then(page)
        context |= {"search": searching.progress(query, so_far, page, lanes), "follows": False}
        context["params"] = joblist.params_of_search(query, so_far, page)
        if is_partial(request):
            return render(request, "dashboard/jobs/_found.html", context)
    else:
        # A list without a row has nothing that could be moved under the reader.
        context |= {"follows": query.follow or not (page.rows or query.cursor)}
        context["params"] = joblist.params_of(query, page)
    context |= {"all_matching": _all_matching(query, page, lanes), **_choices(query, lanes)}
    return render(request, "dashboard/jobs/page.html", context)


async def _load(
    inspector: Inspector, query: JobQuery, viewer: Viewer, so_far: SoFar
) -> tuple[Page, list[LaneCount], bool]:
    if (name := _lone_word(query)) and (await inspector.summaries([name]))[0] is not None:
        return Page(rows=(), newer=None, older=None), [], True
    wanted = query.filter(now=timezone.now(), revealed=viewer.may_reveal)
    limit = so_far.room if query.searches else PAGE
    page, lanes = await asyncio.gather(
        inspector.page(wanted, cursor=query.cursor or None, limit=limit), inspector.lanes()
    )
    return page, lanes, False


def _lone_word(query: JobQuery) -> str:
    """What may be a job's id, if nothing else was asked for."""
    if len(query.more) != 1 or query.more[0].key not in ("", "id") or query.more[0].excluded or query.cursor:
        return ""
    return query.more[0].value


def _spans(query: JobQuery) -> list[tuple[str, str, bool]]:
    none = (_("Any time"), query.any_time, not query.timed)
    return [none, *((str(label), query.lately(key), query.within == key) for key, label in WITHIN.items())]


def _views(request: HttpRequest, query: JobQuery) -> list[tuple[SavedView, str, bool]]:
    """Those of this person, and whether the page shows it."""
    now, found = query.url(), []
    for view in SavedView.objects.filter(user_id=request.user.pk or 0):
        url = JobQuery.read(QueryDict(view.query)).url()
        found.append((view, url, url == now))
    return found


def _columns(query: JobQuery) -> list[tuple[columns.Column, bool]]:
    shown = columns.shown(query.columns)
    return [(column, column in shown) for column in columns.COLUMNS.values()]


def _choices(query: JobQuery, lanes: list[LaneCount]) -> dict[str, list[tuple[str, str, bool]]]:
    """Queues and types to narrow the list to: name, URL, whether it is chosen."""
    queues = sorted({lane.queue for lane in lanes})
    types = sorted({lane.type for lane in lanes if not query.queues or lane.queue in query.queues})
    to_queue, to_type = query.urls("queues"), query.urls("types")
    return {
        "queues": [(name, to_queue(name), name in query.queues) for name in queues],
        "types": [(name, to_type(name), name in query.types) for name in types],
    }


def _all_matching(query: JobQuery, page: Page, lanes: list[LaneCount]) -> dict[str, Any] | None:
    """What to do with all that match, where the page shows but a part of them."""
    try:
        url = reverse("dashboard:operation_new")
    except NoReverseMatch:
        return None
    if query.words or not (page.older or page.newer or query.cursor):
        return None
    verbs = acts.ALLOWED[query.state] if query.state else (acts.RETRY, acts.CANCEL, acts.DISCARD)
    count = None
    if query.countable and query.state:
        count = total(lane for lane in lanes if _is_in(lane, query))[query.state]
    whole = query.params["query"]
    return {
        "count": count,
        "acts": [(act, f"{url}?{whole}{'&' if whole else ''}act={act.verb.replace(' ', '-')}") for act in verbs],
    }


def _is_in(lane: LaneCount, query: JobQuery) -> bool:
    return (not query.queues or lane.queue in query.queues) and (not query.types or lane.type in query.types)
