"""From what lies in Redis to what the domain calls a job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

from queueing.adapters.redis.keys import SUMMARY_FIELDS
from queueing.adapters.redis.packing import moment, unpack_progress, unpack_spec, unpack_tags
from queueing.adapters.redis.traces import unpack_attempt, unpack_line, unpack_out
from queueing.domain.job import Attempt, ErrorInfo, JobRecord, JobSummary
from queueing.domain.states import JobState

_INDEX: Final = {name: index for index, name in enumerate(SUMMARY_FIELDS)}
_TAGS: Final = _INDEX["g"]
_LINES: Final[dict[bytes | None, Literal["type", "queue"]]] = {b"t": "type", b"q": "queue"}


def summary(job_id: str, row: Sequence[Any]) -> JobSummary:
    """``row``: the values of SUMMARY_FIELDS, then whether its message is unconfirmed."""
    return JobSummary(**_summary_fields(job_id, row))


def tags_of(row: Sequence[Any]) -> tuple[tuple[str, ...], bool]:
    """The tags that the row holds, and whether those are all."""
    return unpack_tags(row[_TAGS]) if row[_TAGS] else ((), True)


def record(job_id: str, answer: Sequence[Any]) -> JobRecord | None:
    """``answer``: what ``get.lua`` found."""
    row, short, packed_spec, packed_out, attempts, log, group = answer
    if packed_spec is None:
        return None
    fields = _summary_fields(job_id, row)
    spec = unpack_spec(packed_spec, id=job_id, queue=fields["queue"], type=fields["type"])
    fields["tags"] = spec.options.tags
    fields["created_at"] = spec.created_at
    result, error = unpack_out(packed_out) if packed_out else (None, None)
    ended = [unpack_attempt(entry) for entry in attempts]
    if fields["state"] is JobState.SUCCEEDED:
        result = result if result is not None else short or None
        ended += _last_attempt(fields)
    else:
        result = None
    return JobRecord(
        **fields,
        spec=spec,
        result=result,
        error=_error(fields, error, ended),
        attempts=tuple(ended),
        log=tuple(unpack_line(entry) for entry in log),
        group=_text(group) or "",
    )


def _summary_fields(job_id: str, row: Sequence[Any]) -> dict[str, Any]:
    (state, epoch, version, attempt, most, queue, kind, created, due, begun, finished, *more) = row
    (worker, progress, error_kind, error_message, note, _, cancel, limited, losses, comebacks, unconfirmed) = more
    return {
        "id": job_id,
        "queue": queue.decode(),
        "type": kind.decode(),
        "state": JobState(state.decode()),
        "epoch": int(epoch),
        "version": int(version),
        "attempt": int(attempt),
        "max_attempts": int(most),
        "created_at": moment(created),
        "due_at": _when(due),
        "started_at": _when(begun),
        "finished_at": _when(finished),
        "worker": _text(worker),
        "progress": unpack_progress(progress) if progress else None,
        "error_kind": _text(error_kind),
        "error_message": _text(error_message),
        "note": _text(note),
        "tags": tags_of(row)[0],
        "cancel_requested": cancel == b"1",
        "limited_by": _LINES.get(limited),
        "turn_at": None if limited in _LINES else _when(limited),
        "losses": int(losses or 0),
        "comebacks": int(comebacks or 0) if state == b"failed" else 0,
        "unconfirmed": bool(unconfirmed),
    }


def _last_attempt(fields: dict[str, Any]) -> list[Attempt]:
    """An attempt that succeeded is not written down: the record's own times tell it."""
    if not fields["started_at"] or not fields["finished_at"]:
        return []
    return [
        Attempt(
            number=fields["attempt"],
            epoch=fields["epoch"],
            worker=fields["worker"] or "",
            started_at=fields["started_at"],
            ended_at=fields["finished_at"],
            outcome=JobState.SUCCEEDED,
            queued_at=fields["due_at"],
        )
    ]


def _error(fields: dict[str, Any], own: ErrorInfo | None, attempts: Sequence[Attempt]) -> ErrorInfo | None:
    if own is not None or fields["error_kind"] is None:
        return own
    last = next((attempt.error for attempt in reversed(attempts) if attempt.error), None)
    if last is not None and last.kind.startswith(fields["error_kind"]):
        return last
    return ErrorInfo(kind=fields["error_kind"], message=fields["error_message"] or "")


def _when(millis: bytes | None) -> datetime | None:
    return moment(millis) if millis else None


def _text(value: bytes | None) -> str | None:
    return value.decode(errors="replace") if value else None
