"""How values lie in Redis: msgpack for what only Python reads, JSON arrays for what scripts write too."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from queueing.domain.job import Attempt, ErrorInfo, Frame, JobSpec, LogLine, Progress
from queueing.domain.options import JobOptions
from queueing.domain.reading import WorkerStatus
from queueing.domain.states import JobState

SHORT: Final = 64
"""Bytes. One longer value turns a listpack hash into a hashtable, twice its size (hash-max-listpack-value)."""
MAX_LOG_LINE: Final = 2048
"""Bytes."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def moment(millis: int | float | bytes) -> datetime:
    return _EPOCH + timedelta(milliseconds=float(millis))


def cut(text: str, limit: int = SHORT) -> bytes:
    """The start of a text, ``limit`` bytes at most, never in the middle of a character."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= limit:
        return encoded
    return encoded[:limit].decode(errors="ignore").encode()


# ---------------------------------------------------------------------------------------------------------------------
# Specs


class _Spec(msgspec.Struct, frozen=True, array_like=True):
    """Without what the job's hash holds as well: id, queue and type."""

    created_at: datetime
    payload: bytes
    created_by: str = ""
    options: JobOptions = JobOptions()
    origin: str | None = None
    raw: bool = False


_pack: Final = msgspec.msgpack.Encoder().encode
_unpack_spec: Final = msgspec.msgpack.Decoder(_Spec).decode


def pack_spec(spec: JobSpec) -> bytes:
    return _pack(
        _Spec(
            created_at=spec.created_at,
            payload=spec.payload,
            created_by=spec.created_by,
            options=spec.options,
            origin=spec.origin,
            raw=spec.encoding == "raw",
        )
    )


def unpack_spec(packed: bytes, *, id: str, queue: str, type: str) -> JobSpec:
    spec = _unpack_spec(packed)
    return JobSpec(
        id=id,
        queue=queue,
        type=type,
        created_at=spec.created_at,
        payload=spec.payload,
        created_by=spec.created_by,
        options=spec.options,
        origin=spec.origin,
        encoding="raw" if spec.raw else "json",
    )


def all_tags(packed: bytes) -> tuple[str, ...]:
    """Those of a packed spec."""
    return _unpack_spec(packed).options.tags


def unique_name(key: str) -> str:
    """The key itself while it is short, so that it can be read; else its digest, so that the hash stays small."""
    encoded = key.encode(errors="replace")
    return key if len(encoded) < SHORT else hashlib.sha256(encoded).hexdigest()


def pack_tags(tags: tuple[str, ...]) -> bytes:
    """As many whole tags as fit. A comma at the end says that there are more."""
    joined = ",".join(tags).encode(errors="replace")
    if len(joined) <= SHORT:
        return joined
    kept, size = [], 0
    for tag in tags:
        size += len(tag.encode(errors="replace")) + 1
        if size > SHORT:
            break
        kept.append(tag)
    return "".join(f"{tag}," for tag in kept).encode(errors="replace") or b","


def unpack_tags(packed: bytes) -> tuple[tuple[str, ...], bool]:
    """The tags, and whether those are all."""
    text = packed.decode(errors="replace")
    return tuple(tag for tag in text.split(",") if tag), not text.endswith(",")


def pack_progress(progress: Progress) -> bytes:
    total = "" if progress.total is None else f"{progress.total:.15g}"
    return cut(f"{progress.done:.15g}/{total} {progress.note}")


def unpack_progress(packed: bytes) -> Progress:
    numbers, _, note = packed.decode(errors="replace").partition(" ")
    done, _, total = numbers.partition("/")
    return Progress(done=float(done), total=float(total) if total else None, note=note)


# ---------------------------------------------------------------------------------------------------------------------
# What an attempt left behind


class _Out(msgspec.Struct, frozen=True, array_like=True):
    result: bytes | None = None
    error: ErrorInfo | None = None


_unpack_out: Final = msgspec.msgpack.Decoder(_Out).decode


def pack_out(*, result: bytes | None = None, error: ErrorInfo | None = None) -> bytes:
    return _pack(_Out(result=result, error=error))


def unpack_out(packed: bytes) -> tuple[bytes | None, ErrorInfo | None]:
    out = _unpack_out(packed)
    return out.result, out.error


class _Frame(msgspec.Struct, frozen=True, array_like=True):
    file: str
    line: int
    function: str
    ours: bool
    source: tuple[str, ...] = ()
    first_line: int = 0


class _Attempt(msgspec.Struct, frozen=True, array_like=True):
    """``base.lua`` writes these too, without frames. Times are ms; 0 stands for none."""

    number: int
    epoch: int
    worker: str
    started: int
    ended: int
    outcome: JobState
    queued: int = 0
    kind: str = ""
    message: str = ""
    fingerprint: str = ""
    frames: tuple[_Frame, ...] = ()


class _Line(msgspec.Struct, frozen=True, array_like=True):
    at: int
    level: str
    text: str
    attempt: int = 0


_json: Final = msgspec.json.Encoder().encode
_read_attempt: Final = msgspec.json.Decoder(_Attempt).decode
_read_line: Final = msgspec.json.Decoder(_Line).decode


def pack_attempt(attempt: Attempt) -> bytes:
    error = attempt.error
    return _json(
        _Attempt(
            number=attempt.number,
            epoch=attempt.epoch,
            worker=attempt.worker,
            started=ms(attempt.started_at),
            ended=ms(attempt.ended_at),
            outcome=attempt.outcome,
            queued=ms(attempt.queued_at) if attempt.queued_at else 0,
            kind=error.kind if error else "",
            message=error.message if error else "",
            fingerprint=error.fingerprint if error else "",
            frames=tuple(
                _Frame(f.file, f.line, f.function, f.ours, f.source, f.first_line)
                for f in (error.frames if error else ())
            ),
        )
    )


def unpack_attempt(packed: bytes) -> Attempt:
    read = _read_attempt(packed)
    error = None
    if read.kind:
        error = ErrorInfo(
            kind=read.kind,
            message=read.message,
            fingerprint=read.fingerprint,
            frames=tuple(
                Frame(
                    file=f.file, line=f.line, function=f.function, ours=f.ours, source=f.source, first_line=f.first_line
                )
                for f in read.frames
            ),
        )
    return Attempt(
        number=read.number,
        epoch=read.epoch,
        worker=read.worker,
        started_at=moment(read.started),
        ended_at=moment(read.ended),
        outcome=read.outcome,
        queued_at=moment(read.queued) if read.queued else None,
        error=error,
    )


def pack_lines(lines: Iterable[LogLine]) -> list[bytes]:
    return [
        _json(_Line(ms(line.at), line.level, cut(line.text, MAX_LOG_LINE).decode(), line.attempt)) for line in lines
    ]


def unpack_line(packed: bytes) -> LogLine:
    line = _read_line(packed)
    return LogLine(at=moment(line.at), level=line.level, text=line.text, attempt=line.attempt)


# ---------------------------------------------------------------------------------------------------------------------
# Workers

_unpack_status: Final = msgspec.msgpack.Decoder(WorkerStatus).decode


def pack_status(status: WorkerStatus) -> bytes:
    return _pack(status)


def unpack_status(packed: bytes) -> WorkerStatus:
    return _unpack_status(packed)
