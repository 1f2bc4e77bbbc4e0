from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dashboard import frame
from dashboard.access import requires, viewer_of
from dashboard.http import is_partial
from dashboard.views.preferences import chosen

ANYWHERE = (
    (gettext_noop("Search or go to"), ("⌘", "K")),
    (gettext_noop("Filter"), ("/",)),
    (gettext_noop("These keys"), ("?",)),
    (gettext_noop("Theme"), ("T",)),
    (gettext_noop("Close, clear, let go"), ("Esc",)),
)
IN_A_LIST = (
    (gettext_noop("Next, previous"), ("J", "K")),
    (gettext_noop("Open"), ("↵",)),
    (gettext_noop("Select"), ("X",)),
    (gettext_noop("Select up to here"), ("⇧", "X")),
    (gettext_noop("Show the new ones"), (".",)),
    (gettext_noop("Newer, older page"), ("[", "]")),
)
ON_JOBS = (
    (gettext_noop("Retry or replay"), ("R",)),
    (gettext_noop("Run now"), ("N",)),
    (gettext_noop("Cancel"), ("C",)),
    (gettext_noop("Discard"), ("D",)),
    (gettext_noop("Copy the id"), ("Y",)),
)


@requires("view")
def show(request: HttpRequest) -> HttpResponse:
    links = [link.item for group in frame.navigation(viewer_of(request)) for link in group]
    go_to = tuple((item.label, ("G", item.key.upper())) for item in links)
    groups = (
        (_("Go to"), go_to),
        (_("Anywhere"), _shown(ANYWHERE)),
        (_("In a list"), _shown(IN_A_LIST)),
        (_("On jobs"), _shown(ON_JOBS)),
    )
    context = {"title": _("Keys"), "keys": groups, "on": chosen(request, "keys") == "on", "sheet": is_partial(request)}
    return render(request, "dashboard/keys/_keys.html" if context["sheet"] else "dashboard/keys/page.html", context)


def _shown(lines: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((_(what), caps) for what, caps in lines)
