from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard import frame
from dashboard.access import requires, viewer_of
from dashboard.http import is_partial
from dashboard.views.preferences import chosen

ANYWHERE = (
    ("Search or go to", ("⌘", "K")),
    ("Filter", ("/",)),
    ("These keys", ("?",)),
    ("Theme", ("T",)),
    ("Close, clear, let go", ("Esc",)),
)
IN_A_LIST = (
    ("Next, previous", ("J", "K")),
    ("Open", ("↵",)),
    ("Select", ("X",)),
    ("Select up to here", ("⇧", "X")),
    ("Show the new ones", (".",)),
    ("Newer, older page", ("[", "]")),
)
ON_JOBS = (
    ("Retry or replay", ("R",)),
    ("Run now", ("N",)),
    ("Cancel", ("C",)),
    ("Discard", ("D",)),
    ("Copy the id", ("Y",)),
)


@requires("view")
def show(request: HttpRequest) -> HttpResponse:
    links = [link.item for group in frame.navigation(viewer_of(request)) for link in group]
    go_to = tuple((item.label, ("G", item.key.upper())) for item in links)
    groups = (("Go to", go_to), ("Anywhere", ANYWHERE), ("In a list", IN_A_LIST), ("On jobs", ON_JOBS))
    context = {"title": "Keys", "keys": groups, "on": chosen(request, "keys") == "on", "sheet": is_partial(request)}
    return render(request, "dashboard/keys/_keys.html" if context["sheet"] else "dashboard/keys/page.html", context)
