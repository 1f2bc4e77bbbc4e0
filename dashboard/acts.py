"""What operators do to jobs: which acts a state allows, and how an act is done, booked and answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from dashboard import actwords, audit, engine, wording
from dashboard.audit import Subject
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
    title: str
    icon: str
    url_name: str
    key: str
    danger: bool = False

    @property
    def label(self) -> str:
        return _(self.title)


RETRY = Act("retry", gettext_noop("Retry"), "refresh", "dashboard:job_retries", "r")
RUN_AGAIN = Act("retry", gettext_noop("Run again"), "refresh", "dashboard:job_retries", "r")
RUN_NOW = Act("run now", gettext_noop("Run now"), "bolt", "dashboard:job_hastenings", "n")
CANCEL = Act("cancel", gettext_noop("Cancel"), "ban", "dashboard:job_cancellations", "c", danger=True)
DISCARD = Act("discard", gettext_noop("Discard"), "trash", "dashboard:job_discards", "d", danger=True)

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
    to: Callable[[list[Changed]], str | None] = lambda changes: None,
) -> HttpResponse:
    """Do it to the jobs named by the form, book it, and say what became of it. ``done`` is the verb's past:
    "Cancelled" (see ``actwords``). ``to``: where to go afterwards."""
    ids = ids_of(request)
    if not ids:
        return answer(request, _("No job was chosen."), detail=_("Tick the jobs first."), tone="warn")
    if len(ids) > AT_ONCE:
        text = _("%(number)s jobs are too many at once.") % {"number": wording.number(len(ids))}
        return answer(request, text, detail=_("Up to %(number)s.") % {"number": wording.number(AT_ONCE)}, tone="error")
    return carry_out(request, verb, done, ids, deed, to=to)


def carry_out(
    request: HttpRequest,
    verb: str,
    done: str,
    ids: Sequence[str],
    deed: Deed,
    *,
    among: str = "",
    reason: str = "",
    note: str = "",
    to: Callable[[list[Changed]], str | None] = lambda changes: None,
) -> HttpResponse:
    """``among``: the set that the jobs are from, as the audit names it. ``note``: what else is to be said of it."""
    target = f"job {ids[0]}" if len(ids) == 1 else f"{len(ids):,} jobs" + (f": {among}" if among else "")
    try:
        changes = engine.act(lambda operations: deed(operations, ids))
    except LeveretError as error:
        failed = AuditEntry.Result.FAILED
        about = subjects(ids)
        audit.record(
            request, verb, target, count=len(ids), reason=reason, result=failed, detail=str(error), about=about
        )
        return answer(request, actwords.broken(verb), detail=actwords.in_part(error), tone="error")
    outcome = Outcome.of(changes, done)
    booked = book(ids, changes)
    about, result = subjects(ids, changes), outcome.result
    audit.record(request, verb, target, count=len(ids), reason=reason, result=result, detail=booked, about=about)
    detail = " ".join(filter(None, (outcome.detail, note)))
    return answer(request, outcome.text, detail=detail, tone=outcome.tone, to=to(changes))


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
        why = "; ".join(f"{_times(number)}{_(reason)}" for reason, number in Counter(map(refusal, refused)).items())
        if not refused:
            return cls(actwords.done(done, count), pending(changes), "ok", AuditEntry.Result.DONE)
        reasons = _("Refused: %(why)s.") % {"why": why}
        if count:
            return cls(actwords.partly(done, count, len(refused)), reasons, "warn", AuditEntry.Result.PARTLY)
        if len(refused) == 1:
            return cls(actwords.not_done(done, why), "", "warn", AuditEntry.Result.REFUSED)
        return cls(actwords.none_done(done, len(refused)), reasons, "warn", AuditEntry.Result.REFUSED)


REFUSED = {
    S.SCHEDULED: gettext_noop("it waits for its time"),
    S.QUEUED: gettext_noop("it is already queued"),
    S.RUNNING: gettext_noop("it is already running"),
    S.RETRYING: gettext_noop("it already waits for its next attempt"),
    S.SUCCEEDED: gettext_noop("it has already succeeded"),
    S.FAILED: gettext_noop("it has already failed"),
    S.CANCELLED: gettext_noop("it is already cancelled"),
}


def refusal(change: Changed) -> str:
    """Why, in words that fit behind a colon: in English, as they are booked. The store's own where the state is not
    the reason."""
    if change.ref is None or change.state is None:
        return gettext_noop("it is gone, its retention has ended or it was discarded")
    if change.reason and not change.reason.startswith("It is "):
        return change.reason.rstrip(".")
    return REFUSED[change.state]


def pending(changes: Sequence[Changed]) -> str:
    """A cancelled job that still runs has only been asked to stop."""
    running = sum(change.state is JobState.RUNNING for change in changes)
    if not running:
        return ""
    if len(changes) == 1:
        return _("It still runs and is asked to stop.")
    text = ngettext(
        "%(number)s still run and are asked to stop.", "%(number)s still run and are asked to stop.", running
    )
    return text % {"number": wording.number(running)}


def jobs(count: int) -> str:
    return ngettext("%(number)s job", "%(number)s jobs", count) % {"number": wording.number(count)}


def _times(number: int) -> str:
    return "" if number == 1 else f"{wording.number(number)} × "


def subjects(ids: Sequence[str], changes: Sequence[Changed] = ()) -> list[Subject]:
    """The jobs, and the queues that they are of."""
    queues = dict.fromkeys(change.queue for change in changes if change.queue)
    return [*(Subject("job", job_id) for job_id in ids), *(Subject("queue", queue) for queue in queues)]


def book(ids: Sequence[str], changes: Sequence[Changed]) -> str:
    """Every job by its id, and of each refused one the reason."""
    return "\n".join(
        job_id if change.done else f"{job_id}: refused, {refusal(change)}"
        for job_id, change in zip(ids, changes, strict=True)
    )
