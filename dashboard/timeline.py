"""A job's life as steps: where it waited, where it ran, and what comes. Time is an argument."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from dashboard.statewords import label
from queueing.domain.job import Attempt, JobRecord
from queueing.domain.states import FINISHED, JobState

S = JobState
SHOWN = 9
"""Steps side by side; of more, the middle is folded."""
HEAD, TAIL = 2, 6


@dataclass(frozen=True, slots=True)
class Step:
    state: JobState | None
    """None: it has not come yet."""
    label: str
    at: datetime | None = None
    kind: Literal["wait", "run", "end", "next", "fold"] = "wait"
    now: bool = False
    """The job is here."""
    seconds: float | None = None
    """Until the next step."""
    note: str = ""
    due: datetime | None = None
    """Of a step that has not come: when it will."""


@dataclass(frozen=True, slots=True)
class Timeline:
    steps: tuple[Step, ...]
    waited: float
    ran: float
    waits_since: datetime | None
    """While it waits: when it would have begun to, had it waited all that time without a break."""
    runs_since: datetime | None


def timeline(job: JobRecord, *, now: datetime) -> Timeline:
    steps = [*_beginning(job), *_attempts(job), *_present(job)]
    measured = [replace(step, seconds=_until(step, steps[index + 1 :], now)) for index, step in enumerate(steps)]
    waited = sum(step.seconds or 0.0 for step in measured if step.kind == "wait")
    ran = sum(step.seconds or 0.0 for step in measured if step.kind == "run")
    present = next((step.kind for step in measured if step.now), "end")
    return Timeline(
        steps=tuple(_folded([*measured, *_future(job)])),
        waited=waited,
        ran=ran,
        waits_since=now - timedelta(seconds=waited) if present == "wait" else None,
        runs_since=now - timedelta(seconds=ran) if present == "run" else None,
    )


def _beginning(job: JobRecord) -> Iterator[Step]:
    options = job.options
    due = options.run_at or (job.created_at + timedelta(seconds=options.delay) if options.delay else None)
    first = job.attempts[0] if job.attempts else None
    if first is not None and first.number > 1:
        return  # the first attempts are not kept any more
    if due is not None and due > job.created_at:
        yield Step(S.SCHEDULED, label(S.SCHEDULED), job.created_at, now=job.state is S.SCHEDULED)
        started = first.started_at if first else job.started_at
        if job.state is not S.SCHEDULED and (started is None or due <= started) and not _untouched(job):
            yield Step(S.QUEUED, pgettext("step of a job", "Due"), due)
    elif job.state is not S.QUEUED or job.attempts:
        yield Step(S.QUEUED, label(S.QUEUED), job.created_at)


def _untouched(job: JobRecord) -> bool:
    """It waits for its first attempt; where it is now says the rest."""
    return job.state is S.QUEUED and not job.attempts


def _attempts(job: JobRecord) -> Iterator[Step]:
    previous: Attempt | None = None
    for attempt in job.attempts:
        if previous is not None and previous.outcome in FINISHED:
            yield Step(S.QUEUED, pgettext("step of a job", "Run again"), attempt.queued_at or previous.ended_at)
        yield Step(S.RUNNING, _attempt(attempt.number), attempt.started_at, "run")
        is_last = attempt is job.attempts[-1]
        if not (is_last and job.state in FINISHED):
            yield _after(attempt, now=is_last and job.state is S.RETRYING)
        previous = attempt


def _after(attempt: Attempt, *, now: bool) -> Step:
    """What an attempt ended in."""
    if attempt.outcome is S.QUEUED:
        return Step(S.QUEUED, pgettext("step of a job", "Handed back"), attempt.ended_at)
    kind = "end" if attempt.outcome in FINISHED else "wait"
    return Step(attempt.outcome, _kind(attempt) or label(attempt.outcome), attempt.ended_at, kind, now=now)  # type: ignore[arg-type]


def _attempt(number: int) -> str:
    return _("Attempt %(number)s") % {"number": number}


def _kind(attempt: Attempt) -> str:
    return attempt.error.kind.rpartition(".")[2] if attempt.error else ""


def _present(job: JobRecord) -> Iterator[Step]:
    match job.state:
        case S.RUNNING:
            yield Step(S.RUNNING, _attempt(job.attempt), job.started_at, "run", now=True)
        case S.QUEUED if job.attempts and job.attempts[-1].outcome is S.QUEUED:
            return
        case S.QUEUED:
            again = job.attempts and job.attempts[-1].outcome in FINISHED
            name = pgettext("step of a job", "Run again") if again else label(S.QUEUED)
            yield Step(S.QUEUED, name, job.due_at or job.created_at, now=True)
        case S.SUCCEEDED | S.FAILED | S.CANCELLED:
            if job.state is S.SUCCEEDED and job.started_at and not _has_run(job):
                yield Step(S.RUNNING, _attempt(job.attempt), job.started_at, "run")
            kind = job.error_kind.rpartition(".")[2] if job.state is S.FAILED and job.error_kind else ""
            yield Step(job.state, kind or label(job.state), _ended(job), "end", now=True)


def _ended(job: JobRecord) -> datetime | None:
    """By the clock that measured the attempt, where one ended the job."""
    last = job.attempts[-1] if job.attempts else None
    return last.ended_at if last is not None and last.outcome is job.state else job.finished_at


def _has_run(job: JobRecord) -> bool:
    return any(attempt.started_at == job.started_at for attempt in job.attempts)


def _future(job: JobRecord) -> Iterator[Step]:
    if job.state in (S.SCHEDULED, S.RETRYING, S.QUEUED):
        due = job.due_at if job.state is not S.QUEUED else None
        yield Step(None, _attempt(job.attempt + 1), kind="next", due=due)
    if job.state not in FINISHED:
        limit = job.options.timeout
        at = job.started_at + timedelta(seconds=limit) if limit and job.state is S.RUNNING and job.started_at else None
        yield Step(None, pgettext("step of a job", "Ends"), kind="next", due=at, note=_("at the latest") if at else "")


def _until(step: Step, later: list[Step], now: datetime) -> float | None:
    if step.at is None or (step.kind == "end" and not later):
        return None
    following = next((one.at for one in later if one.at), now)
    return max(0.0, (following - step.at).total_seconds())


def _folded(steps: list[Step]) -> list[Step]:
    if len(steps) <= SHOWN:
        return steps
    hidden = steps[HEAD:-TAIL]
    runs = sum(step.kind == "run" for step in hidden)
    seconds = sum(step.seconds or 0.0 for step in hidden)
    text = ngettext("%(number)s more attempt", "%(number)s more attempts", runs) % {"number": runs}
    return [*steps[:HEAD], Step(S.RETRYING, text, hidden[0].at, "fold", seconds=seconds), *steps[-TAIL:]]
