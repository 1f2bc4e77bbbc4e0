"""Words of the overview: ``{% load overview %}``."""

from __future__ import annotations

from typing import Any, NamedTuple

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from dashboard import wording
from dashboard.language import figure
from dashboard.plot import plot
from dashboard.series import Point
from queueing.domain.attention import Concern
from queueing.domain.failures import FailureGroup
from queueing.domain.reading import QueueStatus
from queueing.domain.states import JobState

register = template.Library()

ICONS = {
    "broker": "plug-connected-x",
    "store": "plug-connected-x",
    "outbox": "hourglass",
    "failing": "alert-triangle",
    "no_worker": "plug-connected-x",
    "no_workers": "plug-connected-x",
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


@register.simple_tag
def concern_link(concern: Concern, chief: FailureGroup | None = None) -> Where | None:
    """The page where something can be done about it. ``chief``: the group that most failures of late are in."""
    jobs = reverse("dashboard:jobs")
    match concern.kind:
        case "failing" if chief is not None:
            return Where(_("See the failure"), _page("failure", chief.id))
        case "failing":
            return Where(_("See failures"), f"{_page('failures')}?sort=recent")
        case "no_worker" | "idle_workers" | "silent" | "leaderless":
            return Where(_("See workers"), _page("workers"))
        case "no_workers":
            return Where(_("See queues"), _page("queues"))
        case "unknown_type" | "paused" | "slow":
            return Where(_("Open queue"), _page("queue", concern.subject))
        case "outbox":
            return Where(_("See waiting"), f"{jobs}?state=queued")
        case _:
            return None


def _page(name: str, *args: str) -> str:
    """A project may have left that page out, as the navigation allows."""
    try:
        return reverse(f"dashboard:{name}", args=args)
    except NoReverseMatch:
        return reverse("dashboard:jobs")


@register.simple_tag
def slower(seconds: float | None, what: str, within: str = "", point: Point | None = None) -> str:
    """The jobs that took at least so long: ``waited`` or ``ran``; lately, or in the time of a point."""
    values: dict[str, str] = {"within": within} if point is None else between(point)
    if seconds is not None:
        values["q"] = f"{what}:>={int(seconds * 1000)}ms"
    return f"{reverse('dashboard:jobs')}?{urlencode(values)}"


@register.simple_tag
def jobs_of(point: Point, state: str) -> str:
    return f"{reverse('dashboard:jobs')}?{urlencode({'state': state} | between(point))}"


def between(point: Point) -> dict[str, str]:
    return {"since": point.at.isoformat(), "until": point.until.isoformat()}


@register.simple_tag
def drains_in(queue: QueueStatus, rate: float) -> str:
    """At the rate of the last minutes, if nothing comes."""
    waiting = queue.counts[JobState.QUEUED]
    if not waiting or not rate:
        return wording.NOTHING
    return wording.duration(waiting / rate)


register.simple_tag(plot)


@register.filter
def rate(value: Any) -> str:
    """98.2, 0.7, 0.03: jobs per second."""
    if not isinstance(value, int | float):
        return wording.NOTHING
    number = float(value)
    return figure(f"{number:.2f}" if 0 < number < 0.1 else f"{number:.1f}" if number < 100 else f"{number:,.0f}")
