"""Walking a dead-letter queue without taking anything out that was not meant to go."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import Final

from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelNotFoundEntity

from queueing.adapters.rabbitmq.bounds import within
from queueing.adapters.rabbitmq.connection import CLOSING, Wire, discard
from queueing.adapters.rabbitmq.failures import DRIVER_ERRORS
from queueing.adapters.rabbitmq.feed import Feed
from queueing.adapters.rabbitmq.link import Link
from queueing.domain.ports import DeadLetter, Delivery, Keep
from queueing.errors import BrokerUnavailable

WINDOW: Final = 500
"""Letters on their way to us at a time. Asked for one by one, a thousand took five seconds."""
LATE: Final = 5.0
"""Seconds without a letter after which those that are missing count as taken by somebody else."""
BACK: Final = 1.0
"""Seconds that are waited for those given back to lie in the queue again: it answers before they do, and who looks next
would find it empty. Others may have taken them by then."""
LOOKS: Final = 0.02
"""Seconds between two looks for them."""


async def sweep(link: Link, source: str, queue: str, keep: Keep, *, limit: int) -> int:
    """Removes what ``keep`` answers False for. All else stays unacknowledged until the end, so that each is seen once
    and a process that dies on the way, or a ``keep`` that raises, gives them back by closing the channel."""
    wire = await link.wire()
    channel = await link.bounded(wire.open_channel())
    arrived: asyncio.Queue[Delivery] = asyncio.Queue()
    try:
        counted = (await link.bounded(channel.get_queue(source))).declaration_result.message_count or 0
        driver = await channel.get_underlay_channel()
        feed = Feed(driver, queue=queue, source=source, on_delivery=arrived.put_nowait, tap=wire.tap)
        try:
            removed = await _walk(link, feed, arrived, keep, min(limit, counted))
        finally:
            # What was removed is said first, and that is all that a server which goes away now could spoil.
            with contextlib.suppress(*DRIVER_ERRORS):
                await within(CLOSING, feed.close())
    except ChannelNotFoundEntity:
        return 0
    finally:
        # Closing gives back what was kept.
        await discard(channel)
    if counted > removed:
        await _given_back(link, source, counted - removed)
    return removed


async def _given_back(link: Link, source: str, kept: int) -> None:
    # The walk is done. An outage now is for the next one to say.
    with contextlib.suppress(TimeoutError, BrokerUnavailable, ChannelNotFoundEntity):
        async with asyncio.timeout(BACK):
            while await link.ask(partial(_ready, name=source)) < kept:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(LOOKS)


async def _ready(_: Wire, channel: AbstractChannel, *, name: str) -> int:
    return (await channel.get_queue(name)).declaration_result.message_count or 0


async def _walk(link: Link, feed: Feed, arrived: asyncio.Queue[Delivery], keep: Keep, most: int) -> int:
    seen = removed = 0
    while seen < most:
        wanted = min(WINDOW, most - seen)
        feed.target = seen - removed + wanted
        await link.bounded(feed.fit())
        letters = await _some(arrived, wanted)
        if not letters:
            break
        kept = await keep([_letter(letter) for letter in letters])
        for letter, stays in zip(letters, kept, strict=True):
            if not stays:
                await letter.ack()
                removed += 1
        seen += len(letters)
    return removed


async def _some(arrived: asyncio.Queue[Delivery], most: int) -> list[Delivery]:
    found: list[Delivery] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LATE):
            while len(found) < most:
                found.append(await arrived.get())
    return found


def _letter(found: Delivery) -> DeadLetter:
    return DeadLetter(
        queue=found.queue,
        body=found.body,
        headers=found.headers,
        message_id=found.message_id,
        type=found.type,
        timestamp=found.timestamp,
    )
