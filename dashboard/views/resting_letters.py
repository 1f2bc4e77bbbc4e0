"""What really lies in a queue's dead-letter queue: looked at when somebody asks, message by message."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from dashboard import actwords, audit, engine, resting
from dashboard.access import requires, viewer_of
from dashboard.acts import AT_ONCE
from dashboard.asking import ask
from dashboard.http import answer
from dashboard.letterlist import LOOPS
from dashboard.models import AuditEntry
from dashboard.resting import RestingQuery
from dashboard.views.queues import find
from queueing.errors import LeveretError
from queueing.letters import Letters, Settled

DONE = {
    "Replayed": ngettext_lazy("Replayed %(count)s message.", "Replayed %(count)s messages.", "count"),
    "Discarded": ngettext_lazy("Discarded %(count)s message.", "Discarded %(count)s messages.", "count"),
}
PARTLY = {
    "Replayed": ngettext_lazy(
        "Replayed %(count)s message, refused %(refused)s.", "Replayed %(count)s messages, refused %(refused)s.", "count"
    ),
    "Discarded": ngettext_lazy(
        "Discarded %(count)s message, refused %(refused)s.",
        "Discarded %(count)s messages, refused %(refused)s.",
        "count",
    ),
}


@requires("view")
def show(request: HttpRequest, queue: str) -> HttpResponse:
    query = RestingQuery.read(queue, request.GET)
    context: dict[str, Any] = {"title": queue, "nav": "dead_letters", "query": query, "viewer": viewer_of(request)}
    try:
        status = find(queue)
        looked = engine.handle(
            lambda letters: letters.look(queue, most=query.look, limit=resting.SHOWN, wanted=query.wants)
        )
    except LeveretError as error:
        return render(request, "dashboard/dead_letters/resting.html", context | {"error": error})
    rows = [resting.Row(one, query.url(at=one.key), one.key == query.at) for one in looked.rows]
    context |= {"status": status, "rows": rows, "looked": looked, "now": timezone.now()}
    return render(request, "dashboard/dead_letters/resting.html", context)


@requires("operate", post=True)
def replay(request: HttpRequest, queue: str) -> HttpResponse:
    by, comebacks = engine.by(request), None if "although" in request.POST else LOOPS
    return _settle(
        request, queue, "replay", "Replayed",
        lambda letters, keys, most: letters.replay(queue, keys, most=most, by=by, comebacks=comebacks),
    )  # fmt: skip


@requires("operate", post=True)
def discard(request: HttpRequest, queue: str) -> HttpResponse:
    """Asks first, and does it where the question was answered."""
    query, keys = RestingQuery.read(queue, request.POST), _keys(request)
    if keys and "sure" not in request.POST:
        context = {"title": _("Discard"), "nav": "dead_letters", "query": query, "keys": keys}
        return ask(request, "dashboard/dead_letters/_resting_discard.html", context)
    return _settle(
        request, queue, "discard", "Discarded",
        lambda letters, keys, most: letters.discard(queue, keys, most=most),
    )  # fmt: skip


def _keys(request: HttpRequest) -> list[str]:
    return list(dict.fromkeys(request.POST.getlist("message")))


def _settle(request: HttpRequest, queue: str, verb: str, done: str, deed: Any) -> HttpResponse:
    query = RestingQuery.read(queue, request.POST)
    keys = _keys(request)
    if not 0 < len(keys) <= AT_ONCE:
        return answer(
            request, _("No message was chosen."), detail=_("Tick the messages first."), tone="warn", to=query.shut
        )

    async def work(letters: Letters) -> list[Settled]:
        # Deeper than was looked: others may have been put in front meanwhile.
        settled: list[Settled] = await deed(letters, keys, query.look + AT_ONCE)
        return settled

    target = f"{_messages(len(keys))} of {queue}.dead"
    try:
        settled = engine.handle(work)
    except LeveretError as error:
        failed = AuditEntry.Result.FAILED
        audit.record(request, verb, target, count=len(keys), result=failed, detail=str(error))
        return answer(request, actwords.broken(verb), detail=actwords.in_part(error), tone="error", to=query.shut)
    refused = [one for one in settled if not one.done]
    went = len(settled) - len(refused)
    result = AuditEntry.Result.REFUSED if not went else AuditEntry.Result.PARTLY if refused else AuditEntry.Result.DONE
    book = "\n".join(one.key if one.done else f"{one.key}: {one.reason}" for one in settled)
    audit.record(request, verb, target, count=len(keys), result=result, detail=book)
    numbers = {"count": went, "refused": len(refused)}
    text = str((PARTLY if refused else DONE)[done] % numbers)
    why = " ".join(dict.fromkeys(one.reason for one in refused))
    return answer(request, text, detail=why, tone="warn" if refused else "ok", to=query.shut)


def _messages(count: int) -> str:
    """As it is booked."""
    return f"{count} message{'' if count == 1 else 's'}"
