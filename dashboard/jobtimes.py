"""The times of a job, as lists show them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.safestring import SafeString

from dashboard import wording
from dashboard.templatetags.console import when
from queueing.domain.job import JobSummary
from queueing.domain.states import WAITING, JobState


def ran(job: JobSummary) -> SafeString | str:
    """How long the last attempt ran, or runs."""
    if job.state is JobState.RUNNING:
        return when(job.started_at, "elapsed")
    if job.started_at is None or job.finished_at is None:
        return wording.NOTHING
    return wording.duration((job.finished_at - job.started_at).total_seconds())


def waited(job: JobSummary) -> str:
    """How long it waited for its last attempt."""
    if job.started_at is None or job.due_at is None or job.state in WAITING:
        return wording.NOTHING
    return wording.duration(max(0.0, (job.started_at - job.due_at).total_seconds()))


def ago(job: JobSummary) -> SafeString | str:
    """The time that matters in its state, by which lists are ordered."""
    at = moment_of(job)
    ahead = job.state in (JobState.SCHEDULED, JobState.RETRYING) and at > timezone.now() + timedelta(seconds=1)
    return when(at, "relative" if ahead else "bare")


def moment_of(job: JobSummary) -> datetime:
    """The time that matters in its state, by which lists are ordered."""
    match job.state:
        case JobState.SCHEDULED | JobState.QUEUED | JobState.RETRYING:
            found = job.due_at
        case JobState.RUNNING:
            found = job.started_at
        case _:
            found = job.finished_at
    return found or job.created_at
