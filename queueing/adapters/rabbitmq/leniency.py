"""Reading messages whose properties the driver cannot: a timestamp in nanoseconds, a type in Latin-1, headers a
thousand levels deep.

pamqp raises for them, and aiormq then gives up the connection: one foreign message would cut off every queue of the
worker, again and again. So a property that cannot be read is left out before the driver sees it; the body, and with
it the job, comes through.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Any, Final

from aiormq.connection import TCPTransportFactory, TLSTransportFactory, TransportFactory
from pamqp import commands as spec
from pamqp import decode
from pamqp.constants import FRAME_HEADER
from pamqp.header import ContentHeader

from queueing.adapters.rabbitmq.plain import REFUSED, NotPlain, plain

UNREADABLE: Final = (ValueError, TypeError, OverflowError, OSError, struct.error, IndexError, RecursionError)
FIXED: Final = 12
"""Bytes of a content header before its flags: class, weight, body size."""
PROPERTIES: Final = (
    "shortstr", "shortstr", "table", "octet", "octet", "shortstr", "shortstr", "shortstr", "shortstr", "timestamp",
    "shortstr", "shortstr", "shortstr", "shortstr",
)  # fmt: skip
"""Their types, in the order of the flags from bit 15 down: content type, content encoding, headers, delivery mode,
priority, correlation id, reply to, expiration, message id, timestamp, type, user id, app id, cluster id."""


class LenientTransport(TransportFactory):
    """For one connection."""

    writer: asyncio.StreamWriter | None = None

    async def create(self, url: Any, **kwargs: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        factory = TLSTransportFactory() if url.scheme == "amqps" else TCPTransportFactory()
        reader, self.writer = await factory.create(url, **kwargs)
        return LenientReader(reader), self.writer  # type: ignore[return-value]


class LenientReader:
    """Stands in for a StreamReader where aiormq reads frames: one byte of type, six of channel and size, the rest."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._reads = 0
        self._is_header = False

    def at_eof(self) -> bool:
        return self._reader.at_eof()

    async def read(self, size: int = -1) -> bytes:
        return await self._reader.read(size)

    async def readexactly(self, size: int) -> bytes:
        data = await self._reader.readexactly(size)
        self._reads = (self._reads + 1) % 3
        if self._reads == 1:
            self._is_header = data[0] == FRAME_HEADER
        elif self._reads == 0 and self._is_header:
            return readable(data)
        return data


def readable(payload: bytes) -> bytes:
    """A content header's payload as it is, or of the same length without the properties that cannot be read."""
    try:
        plain(payload, len(payload) - 1)
        return payload
    except (NotPlain, *REFUSED):
        pass
    try:
        ContentHeader().unmarshal(payload)
    except UNREADABLE:
        return _without_unreadable(payload)
    return payload


def properties(payload: bytes) -> spec.Basic.Properties:
    """Those of a content header's payload, without the end octet of its frame; what cannot be read is None."""
    header = ContentHeader()
    try:
        header.unmarshal(payload)
    except UNREADABLE:
        header = ContentHeader()
        header.unmarshal(_without_unreadable(payload + b"\0"))
    return header.properties


def _without_unreadable(payload: bytes) -> bytes:
    (flags,) = struct.unpack_from(">H", payload, FIXED)
    rest, kept_flags, kept = payload[FIXED + 2 : -1], 0, b""
    for bit, kind in zip(range(15, 1, -1), PROPERTIES, strict=True):
        if not flags & (1 << bit):
            continue
        piece = rest[: _size(kind, rest)]
        rest = rest[len(piece) :]
        try:
            decode.by_type(piece, kind)
        except UNREADABLE:
            continue
        kept_flags |= 1 << bit
        kept += piece
    repaired = payload[:FIXED] + struct.pack(">H", kept_flags) + kept
    return repaired.ljust(len(payload) - 1, b"\0") + payload[-1:]


def _size(kind: str, data: bytes) -> int:
    match kind:
        case "shortstr":
            return 1 + (data[0] if data else 0)
        case "table":
            return 4 + int.from_bytes(data[:4], "big")
        case "timestamp":
            return 8
        case _:
            return 1
