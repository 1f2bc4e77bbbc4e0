"""A job's options in words."""

from __future__ import annotations

from dashboard.wording import age, duration
from queueing.domain.backoff import Delays, Exponential, Fixed, Linear, Named, Strategy


def backoff(strategy: Strategy) -> str:
    match strategy:
        case Fixed(seconds=seconds):
            return f"always {span(seconds)}"
        case Linear(step=step, cap=cap):
            return f"linear, {span(step)} more each time, up to {span(cap)}"
        case Exponential(base=base, factor=factor, cap=cap, jitter=jitter):
            growth = "" if factor == 2 else f" × {factor:g}"
            return f"exponential{growth}, {span(base)} to {span(cap)}{', full jitter' if jitter else ''}"
        case Delays(seconds=delays):
            return ", ".join(map(span, delays[:6])) + (", …" if len(delays) > 6 else "")
        case Named(name=name):
            return f"the function {name}"


def enqueuer(created_by: str) -> tuple[str, str]:
    """Who added a job, and from where."""
    if created_by.startswith("console:"):
        return created_by.removeprefix("console:"), "from the console"
    if created_by == "foreign":
        return "A foreign producer", "by a message of its own"
    return created_by or "unknown", ""


def span(seconds: float) -> str:
    """10 s, 15 min, 24 h, 14 days: for figures that somebody has set, which are round."""
    if seconds >= 2 * 86400:
        return f"{seconds / 86400:g} days"
    return age(seconds) if seconds >= 1 and seconds == int(seconds) and age_is_exact(seconds) else duration(seconds)


def age_is_exact(seconds: float) -> bool:
    return seconds < 60 or seconds % (60 if seconds < 3600 else 3600) == 0
