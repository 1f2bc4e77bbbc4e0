"""The book of what people did: who, what, to what, when, from where, why, with what result."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from dashboard.models import AuditEntry, AuditSubject
from queueing.domain.names import is_id

TRIES = 50
"""Entries that may get in between before this one is written."""
KINDS = ("job", "queue", "worker", "operation", "group", "schedule", "type")
NAMED = re.compile(rf"(?:failure )?(?P<kind>{'|'.join(KINDS)}) (?P<name>(?<=operation )\d+|\S+)")
VERBS = {
    "job_retries": "retry",
    "job_cancellations": "cancel",
    "job_hastenings": "run now",
    "job_discards": "discard",
    "job_reveals": "reveal",
    "failure_retries": "retry",
    "failure_discards": "discard",
    "failure_mutes": "mute",
    "failure_unmutes": "unmute",
    "failure_notes": "note",
    "dead_letter_replays": "replay",
    "dead_letter_discards": "discard",
    "queue_pauses": "pause",
    "queue_resumes": "resume",
    "queue_purges": "purge",
    "queue_limits": "limit",
    "worker_commands": "command",
    "schedule_drafts": "add",
    "schedule_changes": "change",
    "schedule_runs": "run now",
    "schedule_pauses": "pause",
    "schedule_resumes": "resume",
    "schedule_removals": "remove",
    "enqueued_jobs": "enqueue",
    "presets": "add",
    "preset_changes": "change",
    "preset_removals": "remove",
}
"""What somebody wanted who was not allowed to, by the name of the URL."""


class Subject(NamedTuple):
    """A thing that entries are about, and can be found by."""

    kind: str
    """One of KINDS."""
    name: str

    @classmethod
    def of(cls, target: str) -> Subject | None:
        """The one thing that a target names; None for a set, or for words."""
        found = NAMED.match(target)
        return cls(found["kind"], found["name"]) if found else None


def record(
    request: HttpRequest,
    verb: str,
    target: str,
    *,
    count: int = 1,
    reason: str = "",
    result: str = AuditEntry.Result.DONE,
    detail: str = "",
    about: Iterable[Subject] = (),
) -> AuditEntry:
    """``verb`` is a word of the glossary (replay, cancel, discard, pause, purge, reveal, …); ``target`` names the
    thing as the page does: ``job 01a20cec-…``, ``queue media``, ``worker app-01``; so the entry is found by it.
    ``about``: what else it is to be found by."""
    actor = Actor.of(request)
    return write(actor, verb, target, count=count, reason=reason, result=result, detail=detail, about=about)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, and from where. Kept with what goes on when the request has ended."""

    user_id: Any
    who: str
    address: str | None
    agent: str

    @classmethod
    def of(cls, request: HttpRequest) -> Actor:
        user = request.user if request.user.is_authenticated else None
        return cls(
            user_id=user.pk if user else None,
            who=user.get_username() if user else "",
            address=request.META.get("REMOTE_ADDR") or None,
            agent=_clip(request.headers.get("User-Agent", ""), 200),
        )


def write(
    actor: Actor,
    verb: str,
    target: str,
    *,
    count: int = 1,
    reason: str = "",
    result: str = AuditEntry.Result.DONE,
    detail: str = "",
    about: Iterable[Subject] = (),
) -> AuditEntry:
    entry = AuditEntry(
        user_id=actor.user_id,
        who=actor.who,
        verb=_clip(verb, 40),
        target=_clip(target, 300),
        count=count,
        reason=_storable(reason.strip()),
        result=result,
        detail=_storable(detail),
        address=actor.address,
        agent=actor.agent,
    )
    own = Subject.of(entry.target)
    _append(entry, dict.fromkeys((*((own,) if own else ()), *about)))
    return entry


def asked_for(request: HttpRequest) -> tuple[str, str, list[Subject]]:
    """Verb, target and subjects of a request that was refused before anybody looked at what it says."""
    match = request.resolver_match
    name, values = (match.url_name or "", match.kwargs) if match else ("", {})
    about = [Subject(kind, str(value)) for kind, value in values.items() if kind in KINDS]
    jobs = [job for job in dict.fromkeys(request.POST.getlist("job")) if is_id(job)]
    about += [Subject("job", job) for job in jobs]
    target = " ".join(about[0]) if len(about) == 1 else f"{len(jobs):,} jobs" if jobs else request.path
    return VERBS.get(name, name.replace("_", " ")), target, about


def _append(entry: AuditEntry, about: Iterable[Subject]) -> None:
    for _ in range(TRIES - 1):
        try:
            _write(entry, about)
        except IntegrityError:
            # Somebody else's entry came first; this one follows that.
            continue
        return
    _write(entry, about)


def _write(entry: AuditEntry, about: Iterable[Subject]) -> None:
    entry.pk = None
    entry.previous = AuditEntry.objects.order_by("-id").values_list("seal", flat=True).first() or ""
    entry.seal = entry.sealed_with()
    with transaction.atomic():
        entry.save(force_insert=True)
        AuditSubject.objects.bulk_create(
            AuditSubject(entry=entry, kind=subject.kind, name=_clip(subject.name, 200)) for subject in about
        )


def _clip(text: str, length: int) -> str:
    text = _storable(text)
    return text if len(text) <= length else text[: length - 1] + "…"


def _storable(text: str) -> str:
    """Without NUL, which PostgreSQL does not store, and without lone surrogates, which nothing encodes."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
