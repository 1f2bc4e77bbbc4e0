"""Keeping a feed going, whatever becomes of its consumer, its channel or its connection."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Final

from aiormq.abc import AbstractChannel

from queueing.adapters.rabbitmq.bounds import within
from queueing.adapters.rabbitmq.connection import CLOSING, Link, Wire, discard
from queueing.adapters.rabbitmq.failures import DRIVER_ERRORS
from queueing.adapters.rabbitmq.feed import Feed
from queueing.adapters.rabbitmq.topology import Topology
from queueing.domain.ports import OnDelivery
from queueing.errors import BrokerError, BrokerUnavailable

log = logging.getLogger(__name__)

FIRST_WAIT: Final = 0.1
LONGEST_WAIT: Final = 5.0
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
        if self._feed is None or self._feed.closed:
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
        if feed is not None and not feed.closed:
            try:
                await within(CLOSING, feed.close())
            except DRIVER_ERRORS as exc:
                log.debug("The channel of %s did not close: %s", self._queue, exc)

    async def _open(self) -> Feed:
        """Declares even what is known, for it may be why the last feed ended."""
        await self._declare()
        wire = await self._link.wire()
        channel = await self._link.bounded(wire.open_channel())
        feed = Feed(channel, queue=self._queue, source=self._topology.main(self._queue), on_delivery=self._on_delivery)
        feed.target = self._prefetch
        try:
            await self._link.bounded(feed.fit())
        except BaseException:
            # A consumer that nobody keeps would hold its messages as long as the connection lives.
            await discard(channel)
            raise
        return feed

    async def _declare(self) -> None:
        async def declare(wire: Wire, channel: AbstractChannel) -> None:
            await self._topology.declare_queue(channel, self._queue, wire.version)

        await self._link.ask(declare)

    async def _keep(self, feed: Feed) -> None:
        clock = asyncio.get_running_loop().time
        since, failures = clock(), 0
        while True:
            await feed.disturbed.wait()
            feed.disturbed.clear()
            if feed.closed or feed.bereft:
                log.warning("Consuming %s was interrupted; it will resume by itself.", self._queue)
                failures = 1 if clock() - since > STEADY else failures + 1
                feed = self._feed = await self._mended(feed, failures)
                since = clock()
                log.info("Consuming %s again.", self._queue)
            else:
                await self.set_prefetch(self._prefetch)

    async def _mended(self, feed: Feed, failures: int) -> Feed:
        while True:
            # Jittered, so that a fleet of workers does not meet a broker that has just come up as one wave.
            await asyncio.sleep(random.uniform(FIRST_WAIT / 2, min(LONGEST_WAIT, FIRST_WAIT * 2**failures)))  # noqa: S311
            try:
                if feed.closed:
                    return await self._open()
                await self._declare()
                feed.bereft, feed.target = False, self._prefetch
                await self._link.bounded(feed.fit())
                return feed
            except (BrokerError, *DRIVER_ERRORS) as exc:
                level = logging.DEBUG if isinstance(exc, BrokerUnavailable) else logging.ERROR
                log.log(level, "Consuming %s did not resume yet: %s", self._queue, exc)
                failures = min(failures + 1, 10)
