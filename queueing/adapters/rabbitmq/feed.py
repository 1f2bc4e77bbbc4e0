"""Deliveries out of one channel. Everything above knows messages only as this hands them out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from aiormq.abc import AbstractChannel, ChannelFrame, DeliveredMessage
from pamqp import commands as spec
from pamqp.frame import marshal

from queueing.domain.ports import OnDelivery

MOST: Final = 65_535
"""The largest prefetch that AMQP can say."""


class Share:
    """One consumer on the channel, and how many of its messages are unsettled.

    A consumer's prefetch is fixed when it begins (and RabbitMQ has no other kind for quorum queues), so a feed
    changes its own by ending consumers and beginning further ones.
    """

    __slots__ = ("ended", "feed", "prefetch", "tag", "unsettled")

    def __init__(self, feed: Feed, prefetch: int) -> None:
        self.feed = feed
        self.prefetch = prefetch
        self.tag = ""
        self.unsettled = 0
        self.ended = False

    def take(self, message: DeliveredMessage) -> None:
        self.unsettled += 1
        self.feed.taken += 1
        self.feed.on_delivery(RabbitDelivery(self, message))


class RabbitDelivery:
    __slots__ = ("_share", "_tag", "body", "headers", "message_id", "queue", "redelivered", "timestamp", "type")

    def __init__(self, share: Share, message: DeliveredMessage) -> None:
        properties = message.header.properties
        self.queue: str = share.feed.queue
        self.body: bytes = message.body
        self.headers: Mapping[str, Any] = properties.headers or {}
        self.message_id: str | None = properties.message_id or None
        self.type: str | None = properties.message_type or None
        self.timestamp: datetime | None = properties.timestamp
        self.redelivered = bool(message.redelivered)
        self._tag = message.delivery_tag or 0
        self._share: Share | None = share

    async def ack(self) -> None:
        self._settle(spec.Basic.Ack(self._tag))

    async def release(self) -> None:
        self._settle(spec.Basic.Nack(self._tag, requeue=True))

    def _settle(self, frame: spec.Basic.Ack | spec.Basic.Nack) -> None:
        # A tag settled twice makes the broker close the channel, and with it take back everybody else's messages.
        if self._share is not None:
            share, self._share = self._share, None
            share.feed.settle(share, frame)


class Feed:
    """A channel that delivers messages of one queue, up to ``target`` unsettled ones.

    ``disturbed`` is set when it needs its owner: it is broken, or room came free for another consumer.
    """

    def __init__(self, channel: AbstractChannel, *, queue: str, source: str, on_delivery: OnDelivery) -> None:
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
        self._owed = 0
        """Unsettled messages of ended consumers; they use up room too."""
        self._changing = asyncio.Lock()
        self._settled: list[bytes] = []
        self._writing: asyncio.Task[None] | None = None
        self._leaving = False
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
        self._leaving = True
        await self._channel.close()

    def settle(self, share: Share, frame: spec.Basic.Ack | spec.Basic.Nack) -> None:
        share.unsettled -= 1
        if share.ended:
            self._owed -= 1
            if self._room() > 0:
                self.disturbed.set()
        if self._mute:
            return
        # Acks of one turn of the event loop go out as one write.
        if not self._settled:
            asyncio.get_running_loop().call_soon(self._write)
        self._settled.append(marshal(frame, self._channel.number))

    @property
    def _mute(self) -> bool:
        """Whether nothing may be said any more. aiormq answers the broker's close before it calls the channel closed,
        and one frame after that answer costs us the connection."""
        return self._leaving or self.closed or getattr(self._channel, "_close_exception", None) is not None

    def _room(self) -> int:
        return self.target - self._owed - sum(share.prefetch for share in self._shares)

    async def _begin(self, prefetch: int) -> None:
        share = Share(self, prefetch)
        await self._channel.basic_qos(prefetch_count=prefetch)
        self._shares.append(share)
        try:
            begun = await self._channel.basic_consume(self._source, share.take)  # type: ignore[arg-type]
        except BaseException:
            self._retire(share)
            raise
        share.tag = begun.consumer_tag or ""

    async def _end(self, share: Share) -> None:
        await self._channel.basic_cancel(share.tag)
        self._retire(share)

    def _retire(self, share: Share) -> None:
        if not share.ended:
            share.ended = True
            self._shares.remove(share)
            self._owed += share.unsettled

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
        frame = ChannelFrame(b"".join(self._settled), should_close=False)
        self._settled.clear()
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
