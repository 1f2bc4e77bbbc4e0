"""The properties of a message that has no others than ours have, read in one pass.

Whatever is less plain (arrays, nested tables, bytes that are no text) is refused: that is pamqp's to read.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

CONTENT_TYPE, HEADERS, DELIVERY_MODE, PRIORITY, MESSAGE_ID, TIMESTAMP, TYPE = (
    1 << bit for bit in (15, 13, 12, 11, 7, 6, 5)
)
PLAIN: Final = CONTENT_TYPE | HEADERS | DELIVERY_MODE | PRIORITY | MESSAGE_ID | TIMESTAMP | TYPE
FLAGS: Final = 12
"""Where they are in a content header: after class, weight and body size."""
SHORT, LONG, LONGLONG = struct.Struct(">H"), struct.Struct(">I"), struct.Struct(">Q")
TEXT: Final = ord("S")
FIXED: Final = {ord(kind): struct.Struct(f">{code}") for kind, code in zip("bBsuIil", "bBhHiIq", strict=True)}
"""Numbers, by the letter of their kind in a table."""
LAST_SECOND: Final = 0xFFFF_FFFF
"""Beyond it a timestamp is one in milliseconds, for pamqp."""
REFUSED: Final = (struct.error, IndexError, KeyError, UnicodeDecodeError)


class Plain(msgspec.Struct):
    headers: dict[str, Any] | None
    message_id: str | None
    message_type: str | None
    timestamp: datetime | None


class NotPlain(Exception):
    """There is more to it."""


def plain(payload: bytes, length: int) -> Plain:
    """Of a content header's payload, of which ``length`` bytes count. Raises NotPlain, or one of REFUSED."""
    flags: int = SHORT.unpack_from(payload, FLAGS)[0]
    if flags & ~PLAIN:
        raise NotPlain
    place = FLAGS + SHORT.size
    headers = message_id = type_ = timestamp = None
    if flags & CONTENT_TYPE:
        _, place = _name(payload, place)
    if flags & HEADERS:
        headers, place = _table(payload, place)
    place += bool(flags & DELIVERY_MODE) + bool(flags & PRIORITY)
    if flags & MESSAGE_ID:
        message_id, place = _name(payload, place)
    if flags & TIMESTAMP:
        seconds = LONGLONG.unpack_from(payload, place)[0]
        if seconds > LAST_SECOND:
            raise NotPlain
        timestamp = datetime.fromtimestamp(seconds, UTC)
        place += LONGLONG.size
    if flags & TYPE:
        type_, place = _name(payload, place)
    if place != length:
        raise NotPlain
    return Plain(headers, message_id, type_, timestamp)


def _name(payload: bytes, place: int) -> tuple[str, int]:
    begin = place + 1
    end = begin + payload[place]
    return payload[begin:end].decode(), end


def _table(payload: bytes, place: int) -> tuple[dict[str, Any], int]:
    begin = place + LONG.size
    end = begin + LONG.unpack_from(payload, place)[0]
    place, found = begin, dict[str, Any]()
    while place < end:
        name, place = _name(payload, place)
        kind, place = payload[place], place + 1
        if kind == TEXT:
            begin = place + LONG.size
            place = begin + LONG.unpack_from(payload, place)[0]
            found[name] = payload[begin:place].decode()
        else:
            number = FIXED[kind]
            found[name] = number.unpack_from(payload, place)[0]
            place += number.size
    if place != end:
        raise NotPlain
    return found, end
