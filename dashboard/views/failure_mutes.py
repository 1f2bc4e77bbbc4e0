"""A mute takes a group out of the open ones, for a time or until it is ended. It is counted on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dashboard import engine
from dashboard.access import requires
from dashboard.asking import stay
from dashboard.deeds import attempt
from dashboard.groupacts import GONE, named, question
from dashboard.http import answer

HOUR = 3600.0
SPANS = {
    "1h": (gettext_noop("for an hour"), HOUR),
    "24h": (gettext_noop("for a day"), 24 * HOUR),
    "7d": (gettext_noop("for a week"), 7 * 24 * HOUR),
    "ever": (gettext_noop("until somebody unmutes it"), None),
}


@requires("operate")
def new(request: HttpRequest, group: str) -> HttpResponse:
    spans = [(key, _(label)) for key, (label, _seconds) in SPANS.items()]
    return question(request, group, "dashboard/failures/_mute.html", _("Mute"), spans=spans)


@requires("operate", post=True)
def create(request: HttpRequest, group: str) -> HttpResponse:
    words, seconds = SPANS.get(request.POST.get("for", ""), SPANS["24h"])
    to, there = stay(request, reverse("dashboard:failure", args=[group])), False
    with attempt(request, "mute", named(group), reason=request.POST.get("reason", "")) as deed:
        there = engine.act(lambda operations: operations.mute_group(group, seconds=seconds, by=engine.by(request)))
        deed.detail = words if there else GONE
    if deed.failure or not there:
        return answer(request, _("It was not muted."), detail=deed.failure or _(GONE), tone="error", to=to)
    text = _("Muted %(span)s.") % {"span": _(words)}
    return answer(request, text, detail=_("It is counted on, and found under Muted."), to=to)


@requires("operate", post=True)
def end(request: HttpRequest, group: str) -> HttpResponse:
    there = False
    with attempt(request, "unmute", named(group)) as deed:
        there = engine.act(lambda operations: operations.unmute_group(group))
        deed.detail = "" if there else GONE
    if deed.failure or not there:
        return answer(request, _("It was not unmuted."), detail=deed.failure or _(GONE), tone="error")
    return answer(request, _("Unmuted."), detail=_("It is among the open ones again, if it has failed jobs."))
