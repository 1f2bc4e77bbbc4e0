"""The book of what people did: who, what, to what, when, from where, why, with what result."""

from __future__ import annotations

from django.http import HttpRequest

from dashboard.models import AuditEntry


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
    return AuditEntry.objects.create(
        user=user,
        who=user.get_username() if user else "",
        verb=verb,
        target=_clip(target, 300),
        count=count,
        reason=reason.strip(),
        result=result,
        detail=detail,
        address=request.META.get("REMOTE_ADDR") or None,
        agent=_clip(request.headers.get("User-Agent", ""), 200),
    )


def _clip(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
