"""Walking a dead-letter queue without taking anything out that was not meant to go."""

from __future__ import annotations

from typing import Any

from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import ChannelNotFoundEntity
from pamqp import commands as spec

from queueing.adapters.rabbitmq.connection import Link, discard
from queueing.domain.ports import DeadLetter, Keep


async def sweep(link: Link, source: str, queue: str, keep: Keep, *, limit: int) -> int:
    """Removes what ``keep`` answers False for. All else stays unacknowledged until the end, so that each is seen once
    and a process that dies on the way, or a ``keep`` that raises, gives them back by closing the channel."""
    wire = await link.wire()
    channel = await link.bounded(wire.open_channel())
    removed = 0
    try:
        for _ in range(limit):
            message = await link.bounded(channel.basic_get(source))
            if not isinstance(message.delivery, spec.Basic.GetOk):
                break
            if not await keep(_letter(queue, message)):
                await link.bounded(_acked(channel, message.delivery_tag or 0))
                removed += 1
    except ChannelNotFoundEntity:
        return removed
    finally:
        # Closing gives back what was kept, in the order in which it lay.
        await discard(channel)
    return removed


async def _acked(channel: AbstractChannel, tag: int) -> None:
    await channel.basic_ack(tag, wait=False)


def _letter(queue: str, message: DeliveredMessage) -> DeadLetter:
    properties = message.header.properties
    headers: dict[str, Any] = properties.headers or {}
    return DeadLetter(
        queue=queue,
        body=message.body,
        headers=headers,
        message_id=properties.message_id or None,
        type=properties.message_type or None,
        timestamp=properties.timestamp,
    )
