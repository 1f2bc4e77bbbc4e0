"""Words of the overview: ``{% load overview %}``."""

from __future__ import annotations

from typing import Any, NamedTuple

from django import template
from django.urls import NoReverseMatch, reverse

from dashboard import wording
from queueing.domain.attention import Concern

register = template.Library()

ICONS = {
    "broker": "plug-connected-x",
    "store": "plug-connected-x",
    "outbox": "hourglass",
    "failing": "alert-triangle",
    "no_worker": "plug-connected-x",
    "idle_workers": "volume-off",
    "unknown_type": "zoom-question",
    "paused": "player-pause",
    "slow": "hourglass",
    "silent": "ghost-2",
    "leaderless": "crown",
}


@register.filter
def concern_icon(concern: Concern) -> str:
    return ICONS[concern.kind]


class Where(NamedTuple):
    label: str
    url: str


@register.filter
def concern_link(concern: Concern) -> Where | None:
    """The page where something can be done about it."""
    jobs = reverse("dashboard:jobs")
    match concern.kind:
        case "failing":
            return Where("See failures", f"{jobs}?state=failed&within=15m")
        case "no_worker" | "idle_workers" | "silent" | "leaderless":
            return Where("See workers", _page("workers"))
        case "unknown_type" | "paused" | "slow":
            return Where("Open queue", _page("queue", concern.subject))
        case "outbox":
            return Where("See waiting", f"{jobs}?state=queued")
        case _:
            return None


def _page(name: str, *args: str) -> str:
    """A project may have left that page out, as the navigation allows."""
    try:
        return reverse(f"dashboard:{name}", args=args)
    except NoReverseMatch:
        return reverse("dashboard:jobs")


@register.filter
def rate(value: Any) -> str:
    """98.2, 0.7, 0.03: jobs per second."""
    if not isinstance(value, int | float):
        return wording.NOTHING
    number = float(value)
    return f"{number:.2f}" if 0 < number < 0.1 else f"{number:.1f}" if number < 100 else f"{number:,.0f}"
