"""A message's headers as they can be kept and shown: whoever sent it may have put anything there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

MOST: Final = 8_192
"""Bytes of JSON that are kept of all headers together."""
LONGEST: Final = 1_024
"""Characters of one text."""
DEEPEST: Final = 6
REST: Final = "…"
"""The key under which is said how many more there were."""


def legible(headers: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON values, the first of them where they are too many. Of AMQP's types, times become ISO 8601 text, bytes
    become text."""
    found: dict[str, Any] = {}
    size = 0
    for number, (name, value) in enumerate(headers.items()):
        key, kept = _text(str(name)), _plain(value, DEEPEST)
        size += len(msgspec.json.encode({key: kept}))
        if size > MOST:
            found[REST] = f"{len(headers) - number} more"
            break
        found[key] = kept
    return found


def _plain(value: Any, depth: int) -> Any:
    match value:
        case None | bool():
            return value
        case int():
            # Wider integers are no msgpack, as which records are kept.
            return value if -(2**63) <= value < 2**63 else str(value)
        case float():
            return value if value == value and abs(value) != float("inf") else str(value)
        case str():
            return _text(value)
        case bytes() | bytearray():
            return _text(bytes(value).decode(errors="backslashreplace"))
        case datetime():
            return value.isoformat()
        case Mapping() if depth:
            return {_text(str(name)): _plain(item, depth - 1) for name, item in value.items()}
        case list() | tuple() if depth:
            return [_plain(item, depth - 1) for item in value]
    return _text(repr(value) if isinstance(value, Mapping | list | tuple) else str(value))


def _text(value: str) -> str:
    said = value.encode(errors="replace").decode()
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


class Death(NamedTuple):
    """One entry of ``x-death``: RabbitMQ took a message out of a queue for a reason, so many times."""

    queue: str
    reason: str
    """rejected, expired, maxlen or delivery_limit."""
    times: int
    exchange: str
    """Where it had been published."""
    keys: tuple[str, ...]
    at: datetime | None
    """The first time, in whole seconds."""


def deaths(headers: Mapping[str, Any]) -> tuple[Death, ...]:
    """What ``x-death`` says, oldest first. Anybody can write such a header, so whatever does not fit is left out."""
    entries = headers.get("x-death")
    if not isinstance(entries, list | tuple):
        return ()
    return tuple(_death(entry) for entry in reversed(entries) if isinstance(entry, Mapping))


def _death(entry: Mapping[str, Any]) -> Death:
    times, keys = entry.get("count"), entry.get("routing-keys")
    return Death(
        queue=_text(str(entry.get("queue", ""))),
        reason=_text(str(entry.get("reason", ""))),
        times=times if isinstance(times, int) and not isinstance(times, bool) else 1,
        exchange=_text(str(entry.get("exchange", ""))),
        keys=tuple(_text(str(key)) for key in keys) if isinstance(keys, list | tuple) else (),
        at=_moment(entry.get("time")),
    )


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)
        except OverflowError:
            return None
    try:
        return _moment(datetime.fromisoformat(value)) if isinstance(value, str) else None
    except ValueError:
        return None
