"""The question before many jobs are acted on, and what follows from its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import acts, actwords, engine, wording
from dashboard.asking import ask as put
from dashboard.asking import stay
from dashboard.audit import Actor
from dashboard.bulk import freezing, seals, starting
from dashboard.bulk.acts import ACTS, BulkAct
from dashboard.bulk.chosen import Chosen, Preview
from dashboard.enginewords import said
from dashboard.http import answer
from dashboard.letterlist import LOOPS
from queueing.errors import LeveretError

AT_ONCE = 1_000
"""Jobs that are done within the request."""
TYPED = 10_000
"""From here on somebody types how many they mean; what cannot be taken back asks for it from :data:`AT_ONCE` on."""
RATES = (0, 1_000, 100, 10)
"""Jobs a second; 0: as fast as it goes."""
STALE = timedelta(hours=1)
"""A question that is older is asked anew: the answer was to other figures."""


@dataclass(frozen=True, slots=True)
class Question:
    act: BulkAct
    chosen: Chosen
    preview: Preview
    given: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, act: BulkAct, chosen: Chosen, given: Mapping[str, str]) -> Question:
        return cls(act, chosen, Preview.of(chosen, act), given)

    @property
    def is_large(self) -> bool:
        return self.preview.count > AT_ONCE

    @property
    def challenge(self) -> str:
        """What has to be typed; empty where a click is enough."""
        if self.preview.count <= (AT_ONCE if self.act.act.danger else TYPED):
            return ""
        return str(self.preview.count) if self.preview.exact else self.act.verb

    @property
    def reason(self) -> str:
        return self.given.get("reason", "").strip()

    @property
    def rate(self) -> int:
        return next((rate for rate in RATES if str(rate) == self.given.get("rate", "")), 0)

    @property
    def mistakes(self) -> dict[str, str]:
        """What is wrong with the answer, by field."""
        found = {}
        if self.is_large and not self.reason:
            found["reason"] = _("Say why: an operation of this size is looked at by others.")
        if self.challenge and self.given.get("typed", "").replace(",", "").strip() != self.challenge:
            found["typed"] = _("That is not %(challenge)s. Nothing was done.") % {"challenge": self.challenge}
        return found


def ask(
    request: HttpRequest, act: BulkAct, chosen: Chosen, *, action: str, hidden: Mapping[str, str] | None = None
) -> HttpResponse:
    """The question. ``action`` is the URL that answers it with :func:`begin`; ``hidden`` are fields it needs."""
    try:
        question = Question.of(act, chosen, {})
    except LeveretError as error:
        return _put(request, {"act": act, "chosen": chosen, "error": error})
    return _ask(request, question, action, hidden)


def begin(
    request: HttpRequest, act: BulkAct, chosen: Chosen, *, action: str, hidden: Mapping[str, str] | None = None
) -> HttpResponse:
    """What was confirmed, at once or as an operation; or the question again, with what was wrong."""
    if act.although and "although" in request.POST:
        act = ACTS[act.although]
    try:
        if seen := seals.read(request.POST.get("seen", "")):
            return _what_was_seen(request, act, chosen, seen)
        question = Question.of(act, chosen, request.POST.dict())
        if question.mistakes:
            return _ask(request, question, action, hidden, status=422)
        ids = chosen.first(act, AT_ONCE + 1)
        if len(ids) <= AT_ONCE:
            return _at_once(request, act, chosen, ids)
        if not question.reason:
            # It has grown past what is done at once since it was asked.
            return _ask(request, question, action, hidden, status=422)
        return _as_operation(request, question)
    except LeveretError as error:
        text = _("The %(act)s was not begun.") % {"act": actwords.word(act.verb)}
        detail = _("%(error)s No job was touched.") % {"error": said(error)}
        return answer(request, text, detail=detail, tone="error", to=stay(request, chosen.back))


def _what_was_seen(request: HttpRequest, act: BulkAct, chosen: Chosen, seen: frozenset[bytes]) -> HttpResponse:
    """Of the jobs that the question was about those that still match: what has come since was not confirmed."""
    ids: list[str] = []
    for batch in chosen.batches(act):
        ids += (job_id for job_id in batch if seals.of(job_id) in seen)
        if len(ids) == len(seen):
            break
    gone = len(seen) - len(ids)
    text = ngettext(
        "%(number)s of those you were asked about matches no more.",
        "%(number)s of those you were asked about match no more.",
        gone,
    )
    return _at_once(request, act, chosen, ids, note=text % {"number": wording.number(gone)} if gone else "")


def _at_once(request: HttpRequest, act: BulkAct, chosen: Chosen, ids: list[str], *, note: str = "") -> HttpResponse:
    by, to = engine.by(request), stay(request, chosen.back)
    if not ids:
        return answer(request, _("Nothing matches any more."), detail=_("No job was touched."), tone="warn", to=to)
    return acts.carry_out(
        request,
        act.verb,
        act.past,
        ids,
        lambda operations, ids: act.deed(operations, ids, by, None),
        among=chosen.described,
        reason=request.POST.get("reason", "").strip(),
        note=note,
        to=lambda changes: to,
    )


def _as_operation(request: HttpRequest, question: Question) -> HttpResponse:
    operation = freezing.freeze(
        question.act,
        question.chosen,
        reason=question.reason,
        rate=question.rate,
        actor=Actor.of(request),
    )
    starting.confirm(operation)
    text = ngettext(
        "%(act)s of %(number)s job begins in %(seconds)s s.",
        "%(act)s of %(number)s jobs begins in %(seconds)s s.",
        operation.total,
    ) % {"act": question.act.label, "number": wording.number(operation.total), "seconds": freezing.UNDO.seconds}
    to = reverse("dashboard:operation", args=[operation.pk])
    detail, asked = _("Until then it can be undone."), request.POST.get("count", str(operation.total))
    if asked != str(operation.total) and asked.isdecimal():
        before = _("When you were asked it was %(number)s.") % {"number": wording.number(int(asked[:9]))}
        detail = f"{before} {detail}"
    return answer(request, text, detail=detail, to=to)


def _ask(
    request: HttpRequest, question: Question, action: str, hidden: Mapping[str, str] | None, *, status: int = 200
) -> HttpResponse:
    asked = {"question": question, "act": question.act, "chosen": question.chosen, "action": action}
    kept, preview = {**(hidden or {}), "at": question.chosen.moment.isoformat()}, question.preview
    if preview.ids and not question.is_large:
        kept["seen"] = seals.written(preview.ids)
    elif preview.exact:
        kept["count"] = str(preview.count)
    asked |= {"preview": preview, "hidden": kept}
    asked |= {
        "wrong": question.mistakes if status == 422 else {},
        "rates": [(rate, _speed(rate)) for rate in RATES],
        "undo": freezing.UNDO.seconds,
        "loops": LOOPS,
    }
    return _put(request, asked, status=status)


def _speed(rate: int) -> str:
    return _("%(number)s a second") % {"number": wording.number(rate)} if rate else _("Fast, with room for others")


def _put(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    context |= {"title": context["act"].label, "nav": "operations", "asked": context.pop("question", None)}
    return put(request, "dashboard/operations/_confirm.html", context, status=status)


def moment_of(request: HttpRequest) -> datetime:
    """When the question was asked, where this is its answer."""
    now = timezone.now()
    try:
        said = datetime.fromisoformat(request.POST.get("at", ""))
        return said if said.tzinfo and now - STALE < said <= now else now
    except ValueError:
        return now
