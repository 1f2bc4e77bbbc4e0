"""The frame around every page: navigation with its counts, the health of the servers, the environment's name."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_noop

from dashboard import engine
from dashboard.access import Viewer
from dashboard.bulk.records import ACTIVE, Operation
from dashboard.contact import contacts
from dashboard.live import Params, live_view
from queueing.domain.reading import QueueStatus, WorkerStatus
from queueing.errors import LeveretError
from queueing.inspector import Inspector


@dataclass(frozen=True, slots=True)
class Item:
    name: str
    """Of the URL, and of the count."""
    title: str
    icon: str
    key: str
    """Goes there, after ``g``."""
    needs: str = "view"
    dock: bool = False

    @property
    def label(self) -> str:
        return gettext(self.title)


GROUPS = (
    (
        Item("overview", gettext_noop("Overview"), "layout-dashboard", "o", dock=True),
        Item("jobs", gettext_noop("Jobs"), "list-details", "j", dock=True),
        Item("failures", gettext_noop("Failures"), "bug", "f", dock=True),
        Item("dead_letters", gettext_noop("Dead letters"), "mail-off", "d"),
    ),
    (
        Item("queues", gettext_noop("Queues"), "stack-2", "q", dock=True),
        Item("workers", gettext_noop("Workers"), "cpu", "w"),
        Item("schedules", gettext_noop("Schedules"), "calendar-time", "s"),
    ),
    (
        Item("enqueue", gettext_noop("Enqueue"), "square-plus", "e", needs="enqueue"),
        Item("operations", gettext_noop("Operations"), "checklist", "b"),
        Item("audit", gettext_noop("Audit"), "shield-check", "a", needs="audit"),
    ),
)


@dataclass(frozen=True, slots=True)
class Link:
    item: Item
    url: str


def navigation(viewer: Viewer) -> list[list[Link]]:
    """The links this viewer may follow, in groups. A page that this project does not have is left out."""
    found = []
    for group in GROUPS:
        links = [Link(item, url) for item in group if item.needs in viewer.permissions and (url := _url(item))]
        if links:
            found.append(links)
    return found


def _url(item: Item) -> str | None:
    try:
        return reverse(f"dashboard:{item.name}")
    except NoReverseMatch:
        return None


def environment() -> str:
    """The word beside the brand: production, staging."""
    return str(getattr(settings, "LEVERET", {}).get("ENVIRONMENT", ""))


class Count(NamedTuple):
    value: int
    tone: str = ""


@live_view("frame.nav", template="dashboard/_nav.html", hints=("job", "queue", "worker", "group"), every=10.0)
def nav(params: Params, viewer: Viewer) -> dict[str, Any]:
    return {"groups": navigation(viewer), "counts": counts(), "current": params.get("current")}


@live_view("frame.dock", template="dashboard/_dock.html", hints=("job", "queue", "worker", "group"), every=10.0)
def dock(params: Params, viewer: Viewer) -> dict[str, Any]:
    links = [link for group in navigation(viewer) for link in group if link.item.dock]
    return {"links": links, "counts": counts(), "current": params.get("current")}


@live_view("frame.menu", template="dashboard/_menu.html", hints=("job", "queue", "worker", "group"), every=10.0)
def menu(params: Params, viewer: Viewer) -> dict[str, Any]:
    links = [link for group in navigation(viewer) for link in group if params.get("all") or not link.item.dock]
    return {"links": links, "counts": counts(), "current": params.get("current")}


def counts() -> dict[str, Count]:
    """Of navigation items, by name. Without an answer there are none: an unknown figure is not 0."""
    return engine.once("frame.counts", _counts)


def _counts() -> dict[str, Count]:
    try:
        queues, workers, failing, schedules = engine.look(_standing)
    except LeveretError:
        return {}
    found = {
        "operations": Count(Operation.objects.filter(state__in=ACTIVE).count()),
        "queues": Count(len(queues)),
        "schedules": Count(schedules),
        "workers": Count(sum(worker.state != "gone" for worker in workers)),
    }
    if all(queue.depth is not None for queue in queues):
        found["dead_letters"] = Count(sum(queue.depth.dead or 0 for queue in queues if queue.depth))
    found["failures"] = Count(failing, "is-error")
    # That none fails is worth knowing: it takes the mark from the tab.
    return {name: count for name, count in found.items() if count.value or name == "failures"}


async def _standing(inspector: Inspector) -> tuple[list[QueueStatus], list[WorkerStatus], int, int]:
    return await asyncio.gather(
        inspector.queues(), inspector.workers(), inspector.open_groups(), inspector.count_schedules()
    )


@live_view("frame.health", template="dashboard/_health.html", hints=("worker",), every=5.0)
def health(params: Params, viewer: Viewer) -> dict[str, Any]:
    return {"health": contacts.look()}


@live_view("frame.trouble", template="dashboard/_trouble.html", hints=(), every=5.0)
def trouble(params: Params, viewer: Viewer) -> dict[str, Any]:
    """Banners for what is down: nothing while all is well."""
    return {"health": contacts.look()}
