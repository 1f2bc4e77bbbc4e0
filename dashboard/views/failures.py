from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard import engine, export, grouplist, groupview
from dashboard.access import requires, viewer_of
from dashboard.groupquery import SORTS, GroupQuery
from queueing.domain.failures import FailureGroup
from queueing.errors import LeveretError


@requires("view")
def index(request: HttpRequest) -> HttpResponse:
    query = GroupQuery.read(request.GET)
    if query.words and (taken := query.take_in()) != query:
        return redirect(taken.url())
    context: dict[str, Any] = {"title": _("Failures"), "query": query, "sorts": _sorts(query)}
    context |= {"exports": export.choices(reverse("dashboard:failure_exports"), query.params["query"])}
    try:
        groups = engine.look(lambda inspector: inspector.groups())
    except LeveretError as error:
        # The live list says so in its place, and is there when the server is back.
        return render(request, "dashboard/failures/index.html", context | {"error": error, "follows": True})
    picked = query.pick(groups, now=timezone.now())
    params = grouplist.params_of(query, picked)
    context |= {"params": params, "follows": not picked, **_choices(query, groups)}
    return render(request, "dashboard/failures/index.html", context)


def _sorts(query: GroupQuery) -> list[tuple[str, str, bool]]:
    return [(str(label), query.url(sort=key), key == query.sort) for key, label in SORTS.items()]


def _choices(query: GroupQuery, groups: list[FailureGroup]) -> dict[str, Any]:
    """Types and queues to narrow the list to: name, URL, whether it is chosen."""
    types = sorted({group.type for group in groups})
    queues = sorted({queue for group in groups for queue in group.queues})
    return {
        "types": [(name, query.url(type=name), name == query.type) for name in types],
        "queues": [(name, query.url(queue=name), name == query.queue) for name in queues],
        "any_type": query.url(type=""),
        "any_queue": query.url(queue=""),
    }


@requires("view")
def show(request: HttpRequest, group: str) -> HttpResponse:
    context: dict[str, Any] = {"title": _("Failure"), "nav": "failures", "id": group, "viewer": viewer_of(request)}
    try:
        found = groupview.find(group)
        cursor = request.GET.get("cursor")
        page = engine.look(lambda inspector: inspector.group_jobs(group, cursor=cursor, limit=groupview.PAGE))
    except LeveretError as error:
        return render(request, "dashboard/failures/unavailable.html", context | {"error": error})
    if found is None:
        return render(request, "dashboard/failures/gone.html", context, status=404)
    context |= {"title": _("%(error)s in %(type)s") % {"error": found.kind.rpartition(".")[2], "type": found.type}}
    context |= {"group": found}
    context |= {"params": {"group": group}, "jobs": groupview.params_of(group, page)}
    return render(request, "dashboard/failures/show.html", context)
