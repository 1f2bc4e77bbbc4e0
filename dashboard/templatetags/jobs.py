"""How jobs are written in lists and on their page: ``{% load jobs %}``."""

from __future__ import annotations

from django import template

from dashboard import jobtimes, jobwords, wording
from queueing.domain.job import Frame, Progress

register = template.Library()

register.simple_tag(jobtimes.ran)
register.simple_tag(jobtimes.waited)
register.simple_tag(jobtimes.ago)


@register.filter
def heading(css: str) -> str:
    """The classes of a column's head: only cells take what room is left."""
    return css.removeprefix("fill ")


@register.filter
def kind(name: str) -> str:
    """``ConnectTimeout`` for ``httpx.ConnectTimeout``: lists have room for the class, pages for its module."""
    return name.rpartition(".")[2]


@register.filter
def progress(of: Progress) -> str:
    """62 %; where the total is unknown, what is done."""
    if not of.total:
        return wording.number(of.done)
    return f"{min(100, of.done / of.total * 100):.0f} %"


@register.filter
def numbered(frame: Frame) -> list[tuple[int, str]]:
    return list(enumerate(frame.source, start=frame.first_line))


SHORT_LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}


@register.filter
def level(name: str) -> str:
    """In five letters, so that the column keeps its width."""
    return SHORT_LEVELS.get(name.upper(), name.upper()[:5])


LOG_TONES = {"WARNING": "is-warn", "ERROR": "is-error", "CRITICAL": "is-error"}


@register.filter
def log_tone(level: str) -> str:
    return LOG_TONES.get(level.upper(), "")


register.filter("span", jobwords.span)
