"""Deliveries out of one channel. Everything above knows messages only as this hands them out."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any, Final

from aiormq.abc import AbstractChannel, ChannelFrame, DeliveredMessage
from pamqp import commands as spec

from queueing.adapters.rabbitmq.delivery import RabbitDelivery
from queueing.adapters.rabbitmq.properties import read
from queueing.adapters.rabbitmq.settlements import Settlements
from queueing.adapters.rabbitmq.splitter import Closed, Delivered, Taken
from queueing.adapters.rabbitmq.tap import Tap
from queueing.domain.ports import OnDelivery

MOST: Final = 65_535
"""The largest prefetch that AMQP can say."""


class Share:
    """One consumer on the channel, and how many of its messages are unsettled.

    A consumer's prefetch is fixed when it begins (and RabbitMQ has no other kind for quorum queues), so a feed
    changes its own by ending consumers and beginning further ones.
    """

    __slots__ = ("ended", "feed", "prefetch", "tag", "unsettled")

    def __init__(self, feed: Feed, prefetch: int, tag: str) -> None:
        self.feed = feed
        self.prefetch = prefetch
        self.tag = tag
        self.unsettled = 0
        self.ended = False

    @property
    def queue(self) -> str:
        return self.feed.queue

    def receive(self, message: DeliveredMessage) -> None:
        """From the driver."""
        self._take(
            RabbitDelivery(
                self,
                tag=message.delivery_tag or 0,
                redelivered=bool(message.redelivered),
                properties=message.header.properties,
                body=message.body,
            )
        )

    def take(self, taken: Delivered) -> None:
        """From the tap."""
        self._take(
            RabbitDelivery(
                self,
                tag=taken.tag,
                redelivered=taken.redelivered,
                properties=read(taken.header),
                body=taken.body,
            )
        )

    def settled(self, tag: int, *, released: bool) -> None:
        self.unsettled -= 1
        self.feed.settle(self, tag, released=released)

    def _take(self, delivery: RabbitDelivery) -> None:
        self.unsettled += 1
        self.feed.take(self, delivery)


class Feed:
    """A channel that delivers messages of one queue, up to ``target`` unsettled ones.

    ``disturbed`` is set when it needs its owner: it is broken, or room came free for another consumer. With a ``tap``
    they come by that; what it lets pass still comes by the driver.
    """

    def __init__(
        self, channel: AbstractChannel, *, queue: str, source: str, on_delivery: OnDelivery, tap: Tap | None = None
    ) -> None:
        self.queue = queue
        self.on_delivery = on_delivery
        self.disturbed = asyncio.Event()
        self.taken = 0
        """Messages delivered so far."""
        self._cancelled = False
        self.target = 0
        self._channel = channel
        self._source = source
        self._shares: list[Share] = []
        self._begun: dict[bytes, Share] = {}
        """By its tag, every consumer for which something may come."""
        self._tags = count(1)
        self._owed = 0
        """Unsettled messages of ended consumers; they use up room too."""
        self._changing = asyncio.Lock()
        self._settled = Settlements(channel.number)
        self._writing: asyncio.Task[None] | None = None
        self._ended = False
        self._tap = tap
        if tap is not None:
            tap.consume(channel.number, self._on_taken)
        channel.on_consumer_cancel_callbacks.add(self._on_cancel)
        channel.closing.add_done_callback(self._on_close)

    @property
    def closed(self) -> bool:
        return self._channel.is_closed

    @property
    def broken(self) -> bool:
        """The channel closed, or the broker ended a consumer (its queue was deleted): nothing more will come."""
        return self._cancelled or self.closed

    @property
    def has_room(self) -> bool:
        return any(share.unsettled < share.prefetch for share in self._shares)

    async def fit(self) -> None:
        """Begin and end consumers until their prefetches and what is owed add up to ``target``."""
        async with self._changing:
            while self._shares and self._room() < 0:
                await self._end(self._shares[-1])
            if (room := self._room()) > 0:
                await self._begin(min(room, MOST))

    async def close(self) -> None:
        """Give everything unsettled back, after what was settled has been said."""
        while self._settled or self._writing is not None:
            self._write()
            if self._writing is not None:
                await asyncio.gather(self._writing, return_exceptions=True)
        self._ended = True
        await self._channel.close()

    def take(self, share: Share, delivery: RabbitDelivery) -> None:
        self.taken += 1
        if share.ended:
            self._owed += 1
        self.on_delivery(delivery)

    def settle(self, share: Share, tag: int, *, released: bool) -> None:
        if share.ended:
            self._owed -= 1
            if self._room() > 0:
                self.disturbed.set()
        if self._mute:
            return
        # Acks of one turn of the event loop go out as one write.
        if not self._settled:
            asyncio.get_running_loop().call_soon(self._write)
        if released:
            self._settled.release(tag)
        else:
            self._settled.ack(tag)

    @property
    def _mute(self) -> bool:
        """Whether nothing may be said any more. aiormq answers the broker's close before it calls the channel closed,
        and one frame after that answer costs us the connection."""
        return self._ended or self.closed or getattr(self._channel, "_close_exception", None) is not None

    def _room(self) -> int:
        return self.target - self._owed - sum(share.prefetch for share in self._shares)

    async def _begin(self, prefetch: int) -> None:
        share = Share(self, prefetch, f"consumer-{next(self._tags)}")
        await self._channel.basic_qos(prefetch_count=prefetch)
        self._shares.append(share)
        self._begun[share.tag.encode()] = share
        if self._tap is not None:
            self._tap.follow(self._channel.number, share.tag)
        try:
            await self._channel.basic_consume(self._source, share.receive, consumer_tag=share.tag)  # type: ignore[arg-type]
        except BaseException:
            self._retire(share)
            raise

    async def _end(self, share: Share) -> None:
        await self._channel.basic_cancel(share.tag)
        self._retire(share)
        del self._begun[share.tag.encode()]

    def _retire(self, share: Share) -> None:
        if not share.ended:
            share.ended = True
            self._shares.remove(share)
            self._owed += share.unsettled

    def _on_taken(self, taken: Taken) -> None:
        match taken:
            case Delivered():
                self._begun[taken.consumer].take(taken)
            case Closed():
                self._ended = True

    def _on_cancel(self, frame: spec.Basic.Cancel) -> None:
        for share in tuple(self._shares):
            if share.tag == frame.consumer_tag:
                self._retire(share)
        self._cancelled = True
        self.disturbed.set()

    def _on_close(self, closing: asyncio.Future[Any]) -> None:
        if not closing.cancelled():
            closing.exception()
        if self._writing is not None:
            self._writing.cancel()
        self._settled.clear()
        self.disturbed.set()

    def _write(self) -> None:
        if self._mute:
            self._settled.clear()
        if not self._settled or self._writing is not None:
            return
        frame = ChannelFrame(self._settled.frames(), should_close=False)
        try:
            self._channel.connection.write_queue.put_nowait(frame)
        except asyncio.QueueFull:
            self._writing = asyncio.create_task(self._write_later(frame), name=f"acks of {self._source}")

    async def _write_later(self, frame: ChannelFrame) -> None:
        """Wait for the connection's writer. A task that the channel's end cancels, for the writer may be gone."""
        try:
            await self._channel.connection.write_queue.put(frame)
        finally:
            self._writing = None
        self._write()
