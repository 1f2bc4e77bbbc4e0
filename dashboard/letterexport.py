"""Dead letters as a file: JSON lines or CSV, of any number, read page by page while they are sent.

What pages mask is masked here too, whoever exports: a file goes further than a page.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from django.utils import timezone

from dashboard import engine
from dashboard.letterquery import LetterQuery
from queueing.domain.job import JobRecord
from queueing.domain.reading import JobFilter
from queueing.domain.secrets import hush, is_secret, is_secret_value
from queueing.domain.states import JobState
from queueing.inspector import PAGE, Inspector

COLUMNS = (
    *("id", "queue", "type", "epoch", "attempts", "comebacks", "created_at", "created_by", "died_at"),
    *("error", "message", "headers", "payload", "body"),
)
MASKED = "masked"
DEEPEST = 100


def records(query: LetterQuery, *, revealed: bool) -> Iterator[dict[str, Any]]:
    """Newest first; what dies after the first page was asked for is not among them. Raises StoreUnavailable."""
    wanted = query.filter(now=timezone.now(), revealed=revealed)
    cursor: str | None = None
    while True:
        found, cursor = engine.look(lambda inspector, cursor=cursor: _page(inspector, wanted, cursor))  # type: ignore[misc]
        yield from map(told, found)
        if cursor is None:
            return


async def _page(inspector: Inspector, wanted: JobFilter, cursor: str | None) -> tuple[Sequence[JobRecord], str | None]:
    page = await inspector.page(wanted, cursor=cursor, limit=PAGE)
    found = await asyncio.gather(*(inspector.job(job.id) for job in page.rows))
    return [job for job in found if job is not None and job.state is JobState.FAILED], page.older


def told(letter: JobRecord) -> dict[str, Any]:
    """``body``, in base64, stands for the payload of what is no job."""
    error, raw = letter.error, letter.spec.encoding == "raw"
    return {
        "id": letter.id,
        "queue": letter.queue,
        "type": letter.type,
        "epoch": letter.epoch,
        "attempts": letter.attempt,
        "comebacks": letter.comebacks,
        "created_at": letter.created_at,
        "created_by": letter.spec.created_by,
        "origin": letter.spec.origin,
        "died_at": letter.finished_at,
        "error": error.kind if error else None,
        "message": hush(error.message) if error else None,
        "headers": masked(error.headers) if error and error.headers else None,
        "options": masked(msgspec.to_builtins(letter.options)),
        "payload": None if raw else _payload(letter.payload),
        "body": base64.b64encode(letter.payload).decode() if raw else None,
    }


def _payload(text: bytes) -> Any:
    try:
        return masked(msgspec.json.decode(text))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return hush(text.decode(errors="backslashreplace"))


def masked(value: Any, name: str = "", depth: int = DEEPEST) -> Any:
    """With ``masked`` in the place of what a page would not show."""
    if name and value not in (None, {}, []) and not isinstance(value, bool) and is_secret(name, _kind(value)):
        return MASKED
    if isinstance(value, dict) and depth:
        return {key: masked(item, str(key), depth - 1) for key, item in value.items()}
    if isinstance(value, list) and depth:
        return [masked(item, "", depth - 1) for item in value]
    if isinstance(value, str) and is_secret_value(value):
        return MASKED
    return value if depth else MASKED


def _kind(value: Any) -> str:
    return "number" if isinstance(value, int | float) else "string" if isinstance(value, str) else "container"
