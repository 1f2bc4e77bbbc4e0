"""The message on the wire: public contract, version 1.

Body: ``{"v":1,"id":…,"type":…,"payload":…,"options":{…},"created_at":…}``. Self-contained: a worker can
rebuild the record from it. A foreign producer may send just ``{"type":…,"payload":…}``.
Headers: ``leveret-job``, ``leveret-epoch``, ``leveret-not-before`` (milliseconds since 1970, optional),
``leveret-attempt`` (attempts begun so far, optional).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec

from queueing.domain.job import JobRef, JobSpec
from queueing.domain.names import MAX_ID, check_type, is_id
from queueing.domain.options import JobOptions
from queueing.errors import InvalidJob, MalformedMessage

VERSION: Final = 1
JOB: Final = "leveret-job"
EPOCH: Final = "leveret-epoch"
NOT_BEFORE: Final = "leveret-not-before"
ATTEMPT: Final = "leveret-attempt"
MAX_BY: Final = 256
UNREADABLE: Final = "(unreadable)"
"""The type under which messages that are not jobs are shown."""
MAX_KEPT_RAW: Final = 65_536
"""Bytes kept of a message that cannot be read."""


class _Body(msgspec.Struct, frozen=True):
    type: str
    payload: msgspec.Raw = msgspec.Raw(b"null")
    v: int = VERSION
    id: str | None = None
    options: JobOptions = JobOptions()
    created_at: datetime | None = None
    created_by: str = "foreign"
    origin: str | None = None


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A delivered message, understood: what it asks for and which life of the job it belongs to."""

    spec: JobSpec
    epoch: int
    attempt: int
    not_before: datetime | None = None

    @property
    def ref(self) -> JobRef:
        return JobRef(self.spec.id, self.epoch)


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(_Body).decode


def encode(spec: JobSpec) -> bytes:
    if spec.encoding == "raw":
        return spec.payload
    return _encode(
        _Body(
            v=VERSION,
            id=spec.id,
            type=spec.type,
            payload=msgspec.Raw(spec.payload),
            options=spec.options,
            created_at=spec.created_at,
            created_by=spec.created_by,
            origin=spec.origin,
        )
    )


def headers(ref: JobRef, *, attempt: int = 0, not_before: datetime | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {JOB: ref.id, EPOCH: ref.epoch}
    if attempt:
        found[ATTEMPT] = attempt
    if not_before is not None:
        found[NOT_BEFORE] = int(not_before.timestamp() * 1000)
    return found


class Arrived(Protocol):
    """A message as the broker handed it over: a delivery, or a dead letter."""

    @property
    def queue(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def headers(self) -> Mapping[str, Any]: ...
    @property
    def message_id(self) -> str | None: ...
    @property
    def timestamp(self) -> datetime | None: ...


def read(arrived: Arrived, *, now: datetime) -> tuple[Incoming, str]:
    """What a message says, and what is wrong with it ("" for nothing).

    Bytes that are not a job become one that holds them raw, so that they can be shown, replayed and discarded.
    """
    try:
        return decode(arrived, now=now), ""
    except MalformedMessage as wrong:
        return _unreadable(arrived, now=now), str(wrong)


def decode(arrived: Arrived, *, now: datetime) -> Incoming:
    """Raises MalformedMessage, saying what is wrong, for bytes that are not a job.

    The id is the body's, else the ``message_id``, else derived from the body's digest and the timestamp, so that a
    redelivery finds the same job.
    """
    try:
        read = _decode(arrived.body)
        check_type(read.type)
        _check_id(read.id)
    except (InvalidJob, MalformedMessage) as wrong:
        raise MalformedMessage(str(wrong)) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise MalformedMessage(f"The message is not a job: {wrong}") from wrong
    if read.v != VERSION:
        raise MalformedMessage(f"The message says version {read.v}; this worker reads version {VERSION}.")
    spec = JobSpec(
        id=read.id or foreign_id(arrived.body, arrived.message_id, arrived.timestamp),
        queue=arrived.queue,
        type=read.type,
        payload=bytes(read.payload),
        options=read.options,
        created_at=_created_at(read.created_at) or arrived.timestamp or now,
        created_by=read.created_by[:MAX_BY],
        origin=read.origin[:MAX_ID] if read.origin else None,
    )
    return Incoming(
        spec=spec,
        epoch=_integer(arrived.headers.get(EPOCH), 1),
        attempt=_integer(arrived.headers.get(ATTEMPT), 0),
        not_before=_moment(arrived.headers.get(NOT_BEFORE)),
    )


def _created_at(said: datetime | None) -> datetime | None:
    """In UTC, which a time without an offset is taken for: it orders nothing but what is shown."""
    if said is None:
        return None
    try:
        return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    except OverflowError as beyond:
        raise MalformedMessage(f"created_at must lie in the years 1 to 9999 in UTC, not {said}.") from beyond


def _unreadable(arrived: Arrived, *, now: datetime) -> Incoming:
    """A message of ours that was damaged, or replayed as it was, keeps the id and the epoch of its headers."""
    known = arrived.headers.get(JOB)
    if not is_id(known):
        known = foreign_id(arrived.body, arrived.message_id, arrived.timestamp)
    spec = JobSpec(
        id=known,
        queue=arrived.queue,
        type=UNREADABLE,
        payload=arrived.body[:MAX_KEPT_RAW],
        options=JobOptions(max_attempts=1),
        created_at=arrived.timestamp or now,
        created_by="foreign",
        encoding="raw",
    )
    return Incoming(spec=spec, epoch=_integer(arrived.headers.get(EPOCH), 1), attempt=0)


def _check_id(job_id: str | None) -> None:
    if job_id is not None and not is_id(job_id):
        raise MalformedMessage(f"The message's id must be 1 to {MAX_ID} printable characters without spaces.")


def foreign_id(body: bytes, message_id: str | None, timestamp: datetime | None) -> str:
    """``message_id`` where it is a UUID; else a UUID (version 8) of what identifies the message."""
    if message_id:
        try:
            return str(uuid.UUID(message_id))
        except ValueError:
            seed = message_id.encode(errors="replace")
    else:
        seed = body + (timestamp.isoformat().encode() if timestamp else b"")
    digest = bytearray(hashlib.sha256(seed).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(digest)))


def _integer(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else default


def _moment(value: Any) -> datetime | None:
    millis = _integer(value, 0)
    return datetime.fromtimestamp(millis / 1000, UTC) if 0 < millis < 253_402_300_799_000 else None
