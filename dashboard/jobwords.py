"""A job's options in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from dashboard.language import figure
from dashboard.wording import age, duration
from queueing.domain.backoff import Delays, Exponential, Fixed, Linear, Named, Strategy
from queueing.domain.schedules import check_name
from queueing.errors import InvalidJob


def backoff(strategy: Strategy) -> str:
    match strategy:
        case Fixed(seconds=seconds):
            return _("always %(span)s") % {"span": span(seconds)}
        case Linear(step=step, cap=cap):
            return _("linear, %(step)s more each time, up to %(cap)s") % {"step": span(step), "cap": span(cap)}
        case Exponential(base=base, factor=factor, cap=cap, jitter=jitter):
            growth = "" if factor == 2 else f" × {figure(f'{factor:g}')}"
            values = {"growth": growth, "base": span(base), "cap": span(cap)}
            if jitter:
                return _("exponential%(growth)s, %(base)s to %(cap)s, full jitter") % values
            return _("exponential%(growth)s, %(base)s to %(cap)s") % values
        case Delays(seconds=delays):
            return ", ".join(map(span, delays[:6])) + (", …" if len(delays) > 6 else "")
        case Named(name=name):
            return _("the function %(name)s") % {"name": name}


def enqueuer(created_by: str) -> tuple[str, str]:
    """Who added a job, and from where."""
    if created_by.startswith("console:"):
        return created_by.removeprefix("console:"), _("from the console")
    if created_by == "foreign":
        return _("A foreign producer"), _("by a message of its own")
    return created_by or _("unknown"), ""


def schedule_of(created_by: str) -> str:
    """The name of the schedule that a job is a tick of; empty: of none, or of one whose name is no schedule's."""
    kind, _, name = created_by.partition(":")
    try:
        return check_name(name) if kind == "schedule" else ""
    except InvalidJob:
        return ""


def span(seconds: float) -> str:
    """10 s, 15 min, 24 h, 14 days: for figures that somebody has set, which are round."""
    if seconds >= 2 * 86400:
        return _("%(number)s days") % {"number": figure(f"{seconds / 86400:g}")}
    return age(seconds) if seconds >= 1 and seconds == int(seconds) and age_is_exact(seconds) else duration(seconds)


def age_is_exact(seconds: float) -> bool:
    return seconds < 60 or seconds % (60 if seconds < 3600 else 3600) == 0
