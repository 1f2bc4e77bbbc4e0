"""Acts on many jobs: the question, those that are under way, and what became of each."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard import export, operationlist
from dashboard.access import Viewer, requires, viewer_of
from dashboard.bulk import confirming
from dashboard.bulk.acts import ACTS, BulkAct
from dashboard.bulk.chosen import Chosen
from dashboard.bulk.records import ACTIVE, ENDED, Operation
from dashboard.jobquery import JobQuery
from dashboard.live import Params, live_view

PAGE = 50
State = Operation.State


@requires("view")
def index(request: HttpRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    context = {
        "title": _("Operations"),
        "before": before,
        "exports": export.choices(reverse("dashboard:operation_exports")),
    }
    return render(request, "dashboard/operations/index.html", context)


@live_view("operations.list", template="dashboard/operations/_list.html", hints=(), every=2.0)
def everything(params: Params, viewer: Viewer) -> dict[str, Any]:
    ended = Operation.objects.filter(state__in=ENDED)
    if params["before"].isdecimal():
        ended = ended.filter(pk__lt=int(params["before"]))
    page = list(ended[: PAGE + 1])
    return {
        "active": operationlist.shown(list(Operation.objects.filter(state__in=ACTIVE))),
        "ended": operationlist.shown(page[:PAGE]),
        "older": page[PAGE - 1].pk if len(page) > PAGE else None,
    }


@requires("view")
def show(request: HttpRequest, operation: int) -> HttpResponse:
    found = get_object_or_404(Operation.objects.exclude(state=State.DRAFT), pk=operation)
    title = f"{ACTS[found.act].label} {found.pk}"
    return render(request, "dashboard/operations/show.html", {"title": title, "nav": "operations", "operation": found})


@live_view("operations.one", template="dashboard/operations/_one.html", hints=(), every=1.0)
def one(params: Params, viewer: Viewer) -> dict[str, Any]:
    found = Operation.objects.filter(pk=params["id"]).first()
    if found is None:
        return {"shown": None}
    [shown] = operationlist.shown([found])
    return {"shown": shown, "operation": found, "left_out": operationlist.left_out(found) if found.skipped else ()}


@requires("operate")
def new(request: HttpRequest) -> HttpResponse:
    """The question about all jobs that a list shows: the list's own parameters, and ``act``."""
    act = _act(request.GET.get("act", ""))
    return confirming.ask(request, act, _chosen(request, request.GET), action=_action(), hidden=_hidden(request.GET))


@requires("operate", post=True)
def create(request: HttpRequest) -> HttpResponse:
    given = QueryDict(request.POST.get("query", ""))
    act = _act(given.get("act", ""))
    return confirming.begin(request, act, _chosen(request, given), action=_action(), hidden=_hidden(given))


def _act(key: str) -> BulkAct:
    if key not in ACTS:
        raise Http404(f"There is no act {key!r}.")
    return ACTS[key]


def _chosen(request: HttpRequest, values: QueryDict) -> Chosen:
    query, moment = JobQuery.read(values), confirming.moment_of(request)
    if query.mistakes:
        raise Http404("A condition was not understood, and without it other jobs would be meant.")
    return Chosen(
        moment=moment,
        described=query.described,
        back=query.url() if not values.get("act", "").startswith("replay") else _letters(query),
        wanted=query.filter(now=moment, revealed=viewer_of(request).may_reveal),
    )


def _letters(query: JobQuery) -> str:
    return (
        reverse("dashboard:dead_letters_of", args=query.queues[:1])
        if query.queues
        else reverse("dashboard:dead_letters")
    )


def _action() -> str:
    return reverse("dashboard:operations_begun")


def _hidden(values: QueryDict) -> dict[str, str]:
    return {"query": values.urlencode()}
