"""Keeping a feed going, whatever becomes of its consumer, its channel or its connection."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Final

from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelNotFoundEntity

from queueing.adapters.rabbitmq.bounds import within
from queueing.adapters.rabbitmq.connection import CLOSING, Wire, discard
from queueing.adapters.rabbitmq.failures import DRIVER_ERRORS
from queueing.adapters.rabbitmq.feed import Feed
from queueing.adapters.rabbitmq.link import Link
from queueing.adapters.rabbitmq.topology import Topology
from queueing.domain.ports import OnDelivery
from queueing.errors import BrokerError, BrokerUnavailable

log = logging.getLogger(__name__)

FIRST_WAIT: Final = 0.1
LONGEST_WAIT: Final = 5.0
WATCH: Final = 15.0
"""Seconds between two looks at a feed that delivers nothing."""
STEADY: Final = 10.0
"""Seconds that a feed must have held for the next wait to be short again."""


class RabbitSubscription:
    def __init__(self, link: Link, topology: Topology, *, queue: str, prefetch: int, on_delivery: OnDelivery) -> None:
        self._link = link
        self._topology = topology
        self._queue = queue
        self._prefetch = prefetch
        self._on_delivery = on_delivery
        self._feed: Feed | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def closed(self) -> bool:
        return self._feed is None

    async def start(self) -> None:
        self._feed = await self._open()
        self._keeper = asyncio.create_task(self._keep(self._feed), name=f"subscription to {self._queue}")

    async def set_prefetch(self, count: int) -> None:
        self._prefetch = count
        if self._feed is None or self._feed.broken:
            return
        self._feed.target = count
        try:
            await within(self._link.timeout, self._feed.fit())
        except DRIVER_ERRORS as exc:
            # The keeper is about to open another feed, with the new count.
            log.debug("Prefetch of %s could not be changed on this channel: %s", self._queue, exc)

    async def stop(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        await self.set_prefetch(0)

    async def close(self) -> None:
        await self.stop()
        feed, self._feed = self._feed, None
        if feed is not None:
            await self._leave(feed)

    async def _open(self) -> Feed:
        """Declares even what is known, for it may be why the last feed ended."""
        await self._declare()
        wire = await self._link.wire()
        channel = await self._link.bounded(wire.open_channel())
        feed = Feed(
            await channel.get_underlay_channel(),
            queue=self._queue,
            source=self._topology.main(self._queue),
            on_delivery=self._on_delivery,
            tap=wire.tap,
        )
        try:
            # Again where the count was changed meanwhile: whoever did that found no feed to change.
            while feed.target != self._prefetch:
                feed.target = self._prefetch
                await self._link.bounded(feed.fit())
        except BaseException:
            # A consumer that nobody keeps would hold its messages as long as the connection lives.
            await discard(channel)
            raise
        return feed

    async def _declare(self) -> None:
        async def declare(wire: Wire, channel: AbstractChannel) -> None:
            await self._topology.declare_home(channel, wire.version)
            await self._topology.declare_queue(channel, self._queue, wire.version)

        await self._link.ask(declare)

    async def _keep(self, feed: Feed) -> None:
        clock = asyncio.get_running_loop().time
        since, failures = clock(), 0
        while True:
            stalled = await self._disturbed_or_stalled(feed)
            if not feed.broken and not stalled:
                await self.set_prefetch(self._prefetch)
                continue
            log.warning("Consuming %s was interrupted; it will resume by itself.", self._queue)
            # Not on the same channel: there RabbitMQ takes the messages of a quorum queue that was deleted and made
            # anew for repetitions of the old one's, and delivers none. What is unsettled goes back.
            await self._leave(feed)
            failures = 1 if clock() - since > STEADY else failures + 1
            feed = self._feed = await self._reopened(failures)
            since = clock()
            log.info("Consuming %s again.", self._queue)

    async def _disturbed_or_stalled(self, feed: Feed) -> bool:
        """Wait until the feed needs something. True: it has had room, and its queue messages, for two looks on end,
        and none came. No event tells of that; whatever its cause, a new channel helps."""
        suspicious, seen = 0, feed.taken
        while suspicious < 2:
            try:
                async with asyncio.timeout(WATCH):
                    await feed.disturbed.wait()
            except TimeoutError:
                starved = feed.has_room and feed.taken == seen and await self._ready() > 0
                suspicious, seen = (suspicious + 1 if starved else 0), feed.taken
            else:
                feed.disturbed.clear()
                return False
        return True

    async def _ready(self) -> int:
        async def count(_: Wire, channel: AbstractChannel) -> int:
            return (await channel.get_queue(self._topology.main(self._queue))).declaration_result.message_count or 0

        try:
            return await self._link.ask(count)
        except (BrokerUnavailable, ChannelNotFoundEntity) as exc:
            # Whatever this is, the feed hears of it by itself.
            log.debug("Could not look how many messages wait in %s: %s", self._queue, exc)
            return 0

    async def _reopened(self, failures: int) -> Feed:
        while True:
            # Jittered, so that a fleet of workers does not meet a broker that has just come up as one wave.
            await asyncio.sleep(random.uniform(FIRST_WAIT / 2, min(LONGEST_WAIT, FIRST_WAIT * 2**failures)))  # noqa: S311
            try:
                return await self._open()
            except (BrokerError, *DRIVER_ERRORS) as exc:
                level = logging.DEBUG if isinstance(exc, BrokerUnavailable) else logging.ERROR
                log.log(level, "Consuming %s did not resume yet: %s", self._queue, exc)
                failures = min(failures + 1, 10)

    async def _leave(self, feed: Feed) -> None:
        if feed.closed:
            return
        try:
            await within(CLOSING, feed.close())
        except DRIVER_ERRORS as exc:
            log.debug("The channel of %s did not close: %s", self._queue, exc)
