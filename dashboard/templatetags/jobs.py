"""How jobs are written in lists and on their page: ``{% load jobs %}``."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from dashboard import jobwords, wording
from dashboard.joblist import moment_of
from dashboard.jobquery import JobQuery
from dashboard.templatetags.console import when
from queueing.domain.job import Frame, JobSummary, Progress
from queueing.domain.states import WAITING, JobState

register = template.Library()


@register.simple_tag
def ran(job: JobSummary) -> SafeString | str:
    """How long the last attempt ran, or runs."""
    if job.state is JobState.RUNNING:
        return when(job.started_at, "elapsed")
    if job.started_at is None or job.finished_at is None:
        return wording.NOTHING
    return wording.duration((job.finished_at - job.started_at).total_seconds())


@register.simple_tag
def waited(job: JobSummary) -> str:
    """How long it waited for its last attempt."""
    if job.started_at is None or job.due_at is None or job.state in WAITING:
        return wording.NOTHING
    return wording.duration(max(0.0, (job.started_at - job.due_at).total_seconds()))


@register.filter
def heading(css: str) -> str:
    """The classes of a column's head: only cells take what room is left."""
    return css.removeprefix("fill ")


@register.simple_tag
def ago(job: JobSummary) -> SafeString | str:
    """The time that matters in its state, by which lists are ordered."""
    at = moment_of(job)
    ahead = job.state in (JobState.SCHEDULED, JobState.RETRYING) and at > timezone.now() + timedelta(seconds=1)
    return when(at, "relative" if ahead else "bare")


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
def with_tag(query: JobQuery, tag: str) -> str:
    return query.url(tag=tag)


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
