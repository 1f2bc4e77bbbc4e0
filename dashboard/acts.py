"""What operators do to jobs: which acts a state allows, and how an act is done, booked and answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.http import HttpRequest, HttpResponse

from dashboard import audit, engine
from dashboard.http import Tone, answer
from dashboard.models import AuditEntry
from queueing.domain.names import is_id
from queueing.domain.ports import Changed
from queueing.domain.states import JobState
from queueing.errors import LeveretError
from queueing.operations import Operations

AT_ONCE = 500
"""Jobs that one form names. A page has 50; Django refuses forms of more than 1,000 fields."""

Deed: TypeAlias = Callable[[Operations, Sequence[str]], Coroutine[Any, Any, list[Changed]]]


@dataclass(frozen=True, slots=True)
class Act:
    verb: str
    """As the audit names it."""
    label: str
    icon: str
    url_name: str
    key: str
    danger: bool = False


RETRY = Act("retry", "Retry", "refresh", "dashboard:job_retries", "r")
RUN_AGAIN = Act("retry", "Run again", "refresh", "dashboard:job_retries", "r")
RUN_NOW = Act("run now", "Run now", "bolt", "dashboard:job_hastenings", "n")
CANCEL = Act("cancel", "Cancel", "ban", "dashboard:job_cancellations", "c", danger=True)
DISCARD = Act("discard", "Discard", "trash", "dashboard:job_discards", "d", danger=True)

S = JobState
ALLOWED: dict[JobState, tuple[Act, ...]] = {
    S.SCHEDULED: (RUN_NOW, CANCEL),
    S.QUEUED: (CANCEL,),
    S.RUNNING: (CANCEL,),
    S.RETRYING: (RUN_NOW, CANCEL),
    S.SUCCEEDED: (RUN_AGAIN, DISCARD),
    S.FAILED: (RETRY, DISCARD),
    S.CANCELLED: (RUN_AGAIN, DISCARD),
}
"""The first is the one that is most often wanted."""
MANY = (RETRY, RUN_NOW, CANCEL, DISCARD)
"""For a selection, which may hold jobs of any state."""


def ids_of(request: HttpRequest) -> list[str]:
    """Each once, and without what cannot be an id: it would not fit into a URL."""
    return list(dict.fromkeys(filter(is_id, request.POST.getlist("job"))))


def perform(
    request: HttpRequest,
    verb: str,
    done: str,
    deed: Deed,
    *,
    to: Callable[[list[Changed]], str | None] = lambda _: None,
) -> HttpResponse:
    """Do it to the jobs named by the form, book it, and say what became of it. ``done`` is the verb's past:
    "Cancelled". ``to``: where to go afterwards."""
    ids = ids_of(request)
    if not ids:
        return answer(request, "No job was chosen.", detail="Tick the jobs first.", tone="warn")
    if len(ids) > AT_ONCE:
        return answer(request, f"{len(ids):,} jobs are too many at once.", detail=f"Up to {AT_ONCE:,}.", tone="error")
    target = f"job {ids[0]}" if len(ids) == 1 else f"{len(ids):,} jobs"
    try:
        changes = engine.act(lambda operations: deed(operations, ids))
    except LeveretError as error:
        audit.record(request, verb, target, count=len(ids), result=AuditEntry.Result.FAILED, detail=str(error))
        detail = f"{error} It may have been done in part: look before you repeat it."
        return answer(request, f"{verb.capitalize()} did not go through.", detail=detail, tone="error")
    outcome = Outcome.of(changes, done)
    audit.record(request, verb, target, count=len(ids), result=outcome.result, detail=_book(ids, changes))
    return answer(request, outcome.text, detail=outcome.detail, tone=outcome.tone, to=to(changes))


@dataclass(frozen=True, slots=True)
class Outcome:
    text: str
    detail: str
    tone: Tone
    result: AuditEntry.Result

    @classmethod
    def of(cls, changes: Sequence[Changed], done: str) -> Outcome:
        refused = [change for change in changes if not change.done]
        count = len(changes) - len(refused)
        why = "; ".join(f"{_times(number)}{reason}" for reason, number in Counter(map(refusal, refused)).items())
        if not refused:
            return cls(f"{done} {jobs(count)}.", pending(changes), "ok", AuditEntry.Result.DONE)
        if count:
            text = f"{done} {jobs(count)}, refused {len(refused):,}."
            return cls(text, f"Refused: {why}.", "warn", AuditEntry.Result.PARTLY)
        text = f"Not {done.lower()}: {why}." if len(refused) == 1 else f"{done} none of {jobs(len(refused))}."
        return cls(text, "" if len(refused) == 1 else f"Refused: {why}.", "warn", AuditEntry.Result.REFUSED)


REFUSED = {
    S.SCHEDULED: "it waits for its time",
    S.QUEUED: "it is already queued",
    S.RUNNING: "it is already running",
    S.RETRYING: "it already waits for its next attempt",
    S.SUCCEEDED: "it has already succeeded",
    S.FAILED: "it has already failed",
    S.CANCELLED: "it is already cancelled",
}


def refusal(change: Changed) -> str:
    """Why, in words that fit behind a colon. The store's own where the state is not the reason."""
    if change.ref is None or change.state is None:
        return "it is gone, its retention has ended or it was discarded"
    if change.reason and not change.reason.startswith("It is "):
        return change.reason.rstrip(".")
    return REFUSED[change.state]


def pending(changes: Sequence[Changed]) -> str:
    """A cancelled job that still runs has only been asked to stop."""
    running = sum(change.state is JobState.RUNNING for change in changes)
    if not running:
        return ""
    return (
        "It still runs and is asked to stop." if len(changes) == 1 else f"{running:,} still run and are asked to stop."
    )


def jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count:,} jobs"


def _times(number: int) -> str:
    return "" if number == 1 else f"{number:,} × "


def _book(ids: Sequence[str], changes: Sequence[Changed]) -> str:
    """Every job by its id, and of each refused one the reason."""
    return "\n".join(
        job_id if change.done else f"{job_id}: refused, {refusal(change)}"
        for job_id, change in zip(ids, changes, strict=True)
    )
