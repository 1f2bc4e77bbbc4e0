"""How what an attempt left behind lies in Redis: results, errors, attempts, log lines.

Attempts and lines are JSON arrays, since a script that finds an attempt lost must write one too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from queueing.adapters.redis.packing import cut, moment, ms
from queueing.domain.job import Attempt, ErrorInfo, Frame, LogLine
from queueing.domain.states import JobState

MAX_LOG_LINE: Final = 2048
"""Bytes."""


class _Out(msgspec.Struct, frozen=True, array_like=True):
    result: bytes | None = None
    error: ErrorInfo | None = None


_pack: Final = msgspec.msgpack.Encoder().encode
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
    """``_lost.lua`` writes these too, without frames. Times are ms; 0 stands for none."""

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
    headers: dict[str, Any] = {}


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
            headers=error.headers if error else {},
        )
    )


def unpack_attempt(packed: bytes) -> Attempt:
    read = _read_attempt(packed)
    error = None
    if read.kind:
        error = ErrorInfo(
            kind=read.kind,
            message=read.message,
            headers=read.headers,
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
