"""How a job's values lie in Redis. What only Python reads is msgpack; texts that lists show are cut."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from queueing.domain.arguments import Arguments
from queueing.domain.job import JobSpec, Progress
from queueing.domain.options import JobOptions
from queueing.domain.reading import WorkerStatus

SHORT: Final = 64
"""Bytes. One longer value turns a listpack hash into a hashtable, twice its size (hash-max-listpack-value)."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FAR: Final = datetime.max.replace(tzinfo=UTC)


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def moment(millis: int | float | bytes) -> datetime:
    """A time past the calendar is its end: one such record must not make a whole list unreadable."""
    try:
        return _EPOCH + timedelta(milliseconds=float(millis))
    except OverflowError:
        return _FAR


def cut(text: str, limit: int = SHORT) -> bytes:
    """The start of a text, ``limit`` bytes at most, never in the middle of a character."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= limit:
        return encoded
    return encoded[:limit].decode(errors="ignore").encode()


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


class _Asked(msgspec.Struct, frozen=True, array_like=True):
    """A spec of which only the payload is of interest: searches decode very many."""

    created_at: msgspec.Raw
    payload: bytes
    created_by: msgspec.Raw = msgspec.Raw()
    options: msgspec.Raw = msgspec.Raw()
    origin: msgspec.Raw = msgspec.Raw()
    raw: bool = False


_unpack_asked: Final = msgspec.msgpack.Decoder(_Asked).decode


def unpack_arguments(packed: bytes) -> Arguments:
    asked = _unpack_asked(packed)
    return Arguments(asked.payload, raw=asked.raw)


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


_unpack_status: Final = msgspec.msgpack.Decoder(WorkerStatus).decode


def pack_status(status: WorkerStatus) -> bytes:
    return _pack(status)


def unpack_status(packed: bytes) -> WorkerStatus:
    return _unpack_status(packed)
