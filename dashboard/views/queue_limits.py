"""A limit of a queue, or of a type on all queues, fixed from the console until it is given back to the code."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard import engine, limitlist
from dashboard.access import requires
from dashboard.asking import ask, stay
from dashboard.deeds import attempt
from dashboard.http import answer
from dashboard.limitlist import Typed
from dashboard.views.queues import find
from queueing.domain.limits import Scope


@requires("manage")
def new(request: HttpRequest, queue: str) -> HttpResponse:
    return question(request, queue, scope_of(queue, request.GET.get("type", "")))


@requires("manage", post=True)
def create(request: HttpRequest, queue: str) -> HttpResponse:
    """``act``: set (a limit), lift (none, whatever the code says), free (what the code says)."""
    scope, act = scope_of(queue, request.POST.get("type", "")), request.POST.get("act", "set")
    typed = Typed.read(request.POST.dict())
    if act == "set" and typed.wrong:
        return question(request, queue, scope, typed=typed)
    with attempt(request, f"{act} limit", f"{scope.kind} {scope.name}") as deed:
        if act == "free":
            engine.act(lambda operations: operations.free_limit(scope))
        else:
            limit = typed.limit if act == "set" else None
            deed.detail = str(limit) if limit else "none"
            engine.act(lambda operations: operations.fix_limit(scope, limit, by=engine.by(request)))
    to = stay(request, reverse("dashboard:queue", args=[queue]))
    if deed.failure:
        return answer(request, _("The limit is as it was."), detail=deed.failure, tone="error", to=to)
    return answer(request, said(act, scope, typed), to=to)


def said(act: str, scope: Scope, typed: Typed) -> str:
    if act == "free":
        return _("The limit of %(name)s is again what the code says, within seconds.") % {"name": scope.name}
    if act == "set":
        return f"{scope.name}: {limitlist.words(typed.limit)}."
    return _("%(name)s has no limit.") % {"name": scope.name}


def scope_of(queue: str, type_: str) -> Scope:
    """Raises Http404 for a queue, or a type of it, that nobody knows."""
    found = find(queue)
    if not type_:
        return Scope("queue", queue)
    if all(lane.type != type_ for lane in found.types):
        raise Http404(f"No job of type {type_} was ever in {queue}.")
    return Scope("type", type_)


def question(request: HttpRequest, queue: str, scope: Scope, *, typed: Typed | None = None) -> HttpResponse:
    types = [scope.name] if scope.kind == "type" else []
    rows = engine.look(lambda inspector: limitlist.load(inspector, queue, types))
    row = next(row for row in rows if row.scope == scope)
    context = {"title": _("Limit"), "nav": "queues", "queue": queue, "row": row, "typed": typed or Typed.of(row.limit)}
    return ask(request, "dashboard/queues/_limit.html", context, status=422 if typed else 200)
