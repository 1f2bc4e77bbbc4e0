"""Deliveries of the embedded broker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from queueing.adapters.memory.queues import MemoryQueue, Message
from queueing.domain.ports import OnDelivery


class MemoryDelivery:
    __slots__ = (
        "_subscription",
        "body",
        "headers",
        "message",
        "message_id",
        "queue",
        "redelivered",
        "returned",
        "timestamp",
        "type",
    )

    def __init__(self, subscription: MemorySubscription, message: Message) -> None:
        self._subscription: MemorySubscription | None = subscription
        self.message = message
        self.queue = subscription.queue
        self.body = message.body
        self.headers = message.headers
        self.message_id: str | None = message.message_id
        self.type: str | None = message.type
        self.timestamp = message.timestamp
        self.redelivered = message.redelivered
        self.returned = 0

    async def ack(self) -> None:
        self._settle(back=False)

    async def release(self) -> None:
        self._settle(back=True)

    def _settle(self, *, back: bool) -> None:
        if self._subscription is not None:
            subscription, self._subscription = self._subscription, None
            subscription.settle(self, back=back)


class MemorySubscription:
    def __init__(
        self,
        source: MemoryQueue,
        *,
        queue: str,
        prefetch: int,
        on_delivery: OnDelivery,
        on_close: Callable[[MemorySubscription], None],
    ) -> None:
        self.queue = queue
        self._source = source
        self._prefetch = prefetch
        self._on_delivery = on_delivery
        self._on_close = on_close
        self._unsettled: dict[MemoryDelivery, None] = {}
        self._scheduled: asyncio.Handle | None = None
        source.takers.append(self._wake)
        self._wake()

    async def set_prefetch(self, count: int) -> None:
        self._prefetch = count
        self._wake()

    async def stop(self) -> None:
        if self._wake in self._source.takers:
            self._source.takers.remove(self._wake)
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._scheduled = None
        self._source.offer()

    async def close(self) -> None:
        await self.stop()
        held, self._unsettled = self._unsettled, {}
        for delivery in held:
            self._give_back(delivery)
        self._on_close(self)

    def settle(self, delivery: MemoryDelivery, *, back: bool) -> None:
        if delivery not in self._unsettled:
            return
        del self._unsettled[delivery]
        if back:
            self._give_back(delivery)
        self._wake()

    def _give_back(self, delivery: MemoryDelivery) -> None:
        delivery.message.redelivered = True
        self._source.put(delivery.message)

    def _wake(self) -> None:
        """On the loop's next turn: a delivery must not run inside the publish or ack that made it possible."""
        if self._scheduled is None and self._wake in self._source.takers:
            self._scheduled = asyncio.get_running_loop().call_soon(self._take)

    def _take(self) -> None:
        """One at a time, so that subscriptions to the same queue share."""
        self._scheduled = None
        if len(self._unsettled) >= self._prefetch or (message := self._source.pop()) is None:
            return
        delivery = MemoryDelivery(self, message)
        self._unsettled[delivery] = None
        self._wake()
        self._on_delivery(delivery)
