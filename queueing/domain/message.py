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
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import msgspec

from queueing.domain.job import JobRef, JobSpec
from queueing.domain.jsontext import MAX_DEPTH, too_deep
from queueing.domain.names import MAX_BY, check_id, check_type, is_id
from queueing.domain.options import JobOptions
from queueing.errors import InvalidJob, MalformedMessage

VERSION: Final = 1
JOB: Final = "leveret-job"
EPOCH: Final = "leveret-epoch"
NOT_BEFORE: Final = "leveret-not-before"
ATTEMPT: Final = "leveret-attempt"
UNREADABLE: Final = "(unreadable)"
"""The type under which messages that are not jobs are shown."""
MAX_KEPT_RAW: Final = 65_536
"""Bytes kept of a message that cannot be read."""
MAX_BODY: Final = 15 * 1024 * 1024
"""Bytes of a message that is read. RabbitMQ takes 16 MiB, and before 4.0 eight times as much; but what is read is sent
again, with an id and more, when it is parked, retried or failed, and must then be within the limit."""
LAST_MOMENT: Final = 253_402_300_798_999
"""Milliseconds since 1970, at the end of the year 9999."""
MAX_COUNT: Final = 2**31 - 1
"""Of attempts that a message says were made, and of an epoch that is believed against the record."""
MAX_EPOCH: Final = 2**40
"""That is read. A job that a forged message has brought to the most of what is believed goes on counting. Numbers of
fifteen digits Lua writes with an exponent, and such a record could not be read again."""


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


def life(headers: Mapping[str, Any]) -> JobRef | None:
    """Which life of which job these headers say that their message is of. None: they do not, or it can be none."""
    job_id, epoch = headers.get(JOB), _integer(headers.get(EPOCH), -1, MAX_EPOCH)
    return JobRef(job_id, epoch) if is_id(job_id) and epoch >= 0 else None


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
        return unreadable(arrived, now=now), str(wrong)


def decode(arrived: Arrived, *, now: datetime) -> Incoming:
    """Raises MalformedMessage, saying what is wrong, for bytes that are not a job.

    The id is the body's, else the ``message_id``, else derived from the body's digest and the timestamp, so that a
    redelivery finds the same job.
    """
    if len(arrived.body) > MAX_BODY:
        raise MalformedMessage(f"The message is {len(arrived.body):,} bytes; the limit is {MAX_BODY:,}.")
    try:
        if not arrived.body.isascii():
            arrived.body.decode()  # the decoder does not look into a payload
        read = _decode(arrived.body)
        check_type(read.type)
        if read.id is not None:
            check_id(read.id)
    except (InvalidJob, MalformedMessage) as wrong:
        raise MalformedMessage(str(wrong)) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise MalformedMessage(f"The message is not a job: {wrong}") from wrong
    payload = bytes(read.payload)
    if too_deep(payload):
        raise MalformedMessage(f"The payload is nested deeper than {MAX_DEPTH} levels.")
    if read.v != VERSION:
        raise MalformedMessage(f"The message says version {read.v}; this worker reads version {VERSION}.")
    spec = JobSpec(
        id=read.id or foreign_id(arrived.body, arrived.message_id, arrived.timestamp),
        queue=arrived.queue,
        type=read.type,
        payload=payload,
        options=read.options,
        created_at=_created_at(read.created_at) or arrived.timestamp or now,
        created_by=read.created_by[:MAX_BY],
        origin=read.origin if is_id(read.origin) else None,
    )
    return Incoming(
        spec=spec,
        epoch=_integer(arrived.headers.get(EPOCH), 1, MAX_EPOCH),
        attempt=_integer(arrived.headers.get(ATTEMPT), 0),
        not_before=_moment(arrived.headers.get(NOT_BEFORE)) or _wished(read.options, arrived, now),
    )


def _wished(options: JobOptions, arrived: Arrived, now: datetime) -> datetime | None:
    """When a foreign message wants to start. In a message of ours the header says it: since, it may have been hastened,
    retried or replayed."""
    if EPOCH in arrived.headers:
        return None
    return options.run_at or (now + timedelta(seconds=options.delay) if options.delay else None)


def _created_at(said: datetime | None) -> datetime | None:
    """In UTC, which a time without an offset is taken for: it orders nothing but what is shown."""
    if said is None:
        return None
    try:
        return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    except OverflowError as beyond:
        raise MalformedMessage(f"created_at must lie in the years 1 to 9999 in UTC, not {said}.") from beyond


def unreadable(arrived: Arrived, *, now: datetime) -> Incoming:
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
    return Incoming(spec=spec, epoch=_integer(arrived.headers.get(EPOCH), 1, MAX_EPOCH), attempt=0)


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


def _integer(value: Any, default: int, most: int = MAX_COUNT) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else default


def _moment(value: Any) -> datetime | None:
    millis = _integer(value, 0, LAST_MOMENT)
    return datetime.fromtimestamp(millis / 1000, UTC) if millis else None
