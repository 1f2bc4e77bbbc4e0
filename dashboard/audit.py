"""The book of what people did: who, what, to what, when, from where, why, with what result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from dashboard.models import AuditEntry

TRIES = 50
"""Entries that may get in between before this one is written."""


def record(
    request: HttpRequest,
    verb: str,
    target: str,
    *,
    count: int = 1,
    reason: str = "",
    result: str = AuditEntry.Result.DONE,
    detail: str = "",
) -> AuditEntry:
    """``verb`` is a word of the glossary (replay, cancel, discard, pause, purge, reveal, …); ``target`` names the
    thing as the page does: ``job 01a20cec-…``, ``queue media``, ``worker app-01``."""
    user = request.user if request.user.is_authenticated else None
    entry = AuditEntry(
        user=user,
        who=user.get_username() if user else "",
        verb=_clip(verb, 40),
        target=_clip(target, 300),
        count=count,
        reason=_storable(reason.strip()),
        result=result,
        detail=_storable(detail),
        address=request.META.get("REMOTE_ADDR") or None,
        agent=_clip(request.headers.get("User-Agent", ""), 200),
    )
    _append(entry)
    return entry


def _append(entry: AuditEntry) -> None:
    for _ in range(TRIES - 1):
        try:
            _write(entry)
        except IntegrityError:
            # Somebody else's entry came first; this one follows that.
            continue
        return
    _write(entry)


def _write(entry: AuditEntry) -> None:
    entry.pk = None
    entry.previous = AuditEntry.objects.order_by("-id").values_list("seal", flat=True).first() or ""
    entry.seal = entry.sealed_with()
    with transaction.atomic():
        entry.save(force_insert=True)


@dataclass(frozen=True, slots=True)
class Chain:
    entries: int
    """How many are in order, from the first."""
    broken_at: AuditEntry | None
    """The first that was changed, or follows one that is not there."""


def check() -> Chain:
    """Follow the chain from the first entry. Removing the newest ones cannot be seen this way: compare ``entries``."""
    count, previous = 0, ""
    for entry in _all():
        if entry.previous != previous or not _is_sealed(entry):
            return Chain(count, entry)
        count, previous = count + 1, entry.seal
    return Chain(count, None)


def _all() -> Iterator[AuditEntry]:
    return AuditEntry.objects.order_by("id").iterator(chunk_size=2000)


def _is_sealed(entry: AuditEntry) -> bool:
    secrets = [None, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(entry.seal, entry.sealed_with(secret)) for secret in secrets)


def _clip(text: str, length: int) -> str:
    text = _storable(text)
    return text if len(text) <= length else text[: length - 1] + "…"


def _storable(text: str) -> str:
    """Without NUL, which PostgreSQL does not store, and without lone surrogates, which nothing encodes."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
