"""An Outgoing as the bytes that go on the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from pamqp import commands as spec
from pamqp.body import ContentBody
from pamqp.frame import marshal
from pamqp.header import ContentHeader

from queueing.adapters.headers import own_headers
from queueing.domain.ports import Outgoing

PERSISTENT: Final = 2
JSON: Final = "application/json"
MAX_MESSAGE: Final = 16 * 1024 * 1024
"""Bytes. RabbitMQ 4's own limit unless configured; that of 3.x is eight times as much. Over it the broker closes the
channel, and every message in flight on it is left unconfirmed."""
FRAME_OVERHEAD: Final = 8
"""Bytes of a frame that are not its content."""


def framed(message: Outgoing, *, exchange: str, routing_key: str, channel: int, frame_max: int) -> bytes:
    """All frames of one publish. Raises ValueError, TypeError or struct.error for what AMQP cannot carry."""
    if len(message.body) > MAX_MESSAGE:
        raise ValueError(f"its body has {len(message.body)} bytes, and {MAX_MESSAGE} is the most")
    header = ContentHeader(body_size=len(message.body), properties=_properties(message))
    parts = [_publish(exchange, routing_key, channel), marshal(header, channel)]
    room = frame_max - FRAME_OVERHEAD
    for start in range(0, len(message.body), room):
        parts.append(marshal(ContentBody(message.body[start : start + room]), channel))
    return b"".join(parts)


@lru_cache(maxsize=1024)
def _publish(exchange: str, routing_key: str, channel: int) -> bytes:
    return marshal(spec.Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=True), channel)


def _properties(message: Outgoing) -> spec.Basic.Properties:
    return spec.Basic.Properties(
        content_type=None if message.raw else JSON,
        headers=own_headers(message.headers),
        delivery_mode=PERSISTENT,
        priority=message.priority,
        message_id=message.message_id,
        timestamp=datetime.now(UTC),
        message_type=message.type,
    )
