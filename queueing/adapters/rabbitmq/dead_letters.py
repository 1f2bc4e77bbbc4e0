"""Walking a dead-letter queue without taking anything out that was not meant to go."""

from __future__ import annotations

from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import ChannelNotFoundEntity

from queueing.adapters.rabbitmq.connection import discard
from queueing.adapters.rabbitmq.link import Link
from queueing.domain.ports import DeadLetter, Keep


async def sweep(link: Link, source: str, queue: str, keep: Keep, *, limit: int) -> int:
    """Removes what ``keep`` answers False for. All else stays unacknowledged until the end, so that each is seen once
    and a process that dies on the way, or a ``keep`` that raises, gives them back by closing the channel."""
    wire = await link.wire()
    channel = await link.bounded(wire.open_channel())
    removed = 0
    try:
        letters = await channel.get_queue(source, ensure=False)
        for _ in range(limit):
            message = await link.bounded(letters.get(fail=False, timeout=None))
            if message is None:
                break
            if not await keep(_letter(queue, message)):
                await link.bounded(message.ack())
                removed += 1
    except ChannelNotFoundEntity:
        return removed
    finally:
        # Closing gives back what was kept, in the order in which it lay.
        await discard(channel)
    return removed


def _letter(queue: str, message: AbstractIncomingMessage) -> DeadLetter:
    return DeadLetter(
        queue=queue,
        body=message.body,
        headers=message.headers,
        message_id=message.message_id or None,
        type=message.type or None,
        timestamp=message.timestamp,
    )
