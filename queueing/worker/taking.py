"""A worker's consumers, and how much each may take."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from queueing.domain.ports import Broker, JobStore, OnDelivery, Subscription
from queueing.errors import BrokerError

log: Final = logging.getLogger("queueing.worker")


class Taking:
    """One consumer a queue. What it should take is said by ``wanted`` and ``resting``; :meth:`fit` makes it so."""

    def __init__(
        self,
        broker: Broker,
        store: JobStore,
        queues: Sequence[str],
        *,
        room: Callable[[str], int],
        on_delivery: OnDelivery,
    ) -> None:
        self._broker, self._store, self.queues = broker, store, queues
        self._room, self._on_delivery = room, on_delivery
        self._subscriptions: dict[str, Subscription] = {}
        self._prefetch: dict[str, int] = {}
        self._turn = asyncio.Lock()
        self.wanted = True
        self.resting: set[str] = set()
        """Queues that are paused."""

    @property
    def active(self) -> bool:
        """Whether all queues are subscribed to; a paused one is too."""
        return len(self._subscriptions) == len(self.queues)

    def wants(self, queue: str) -> bool:
        return self.wanted and queue not in self.resting

    def taken(self, queue: str) -> int:
        """How many of its messages may be held."""
        return self._prefetch.get(queue, 0)

    def taking_unwanted(self) -> list[str]:
        return [queue for queue, count in self._prefetch.items() if count and not self.wants(queue)]

    async def fit(self, queues: Iterable[str]) -> None:
        """Let each of these queues fill the free slots; take nothing from those that are not wanted.

        Raises BrokerError or StoreError where a queue could not be opened; those that were stay open.
        """
        # All before the first: its messages would fill the slots, and the next queue would have no room.
        rooms = {queue: self._room(queue) for queue in queues}
        async with self._turn:
            for queue, room in rooms.items():
                count = room if self.wants(queue) else 0
                if queue in self._subscriptions:
                    await self._set(queue, count)
                else:
                    await self._open(queue, count)

    async def change(self, queue: str, count: int) -> None:
        """Hold so many of its messages at most, if any are wanted."""
        async with self._turn:
            if queue in self._subscriptions and self.wants(queue):
                await self._set(queue, count)

    async def hold(self, queues: Iterable[str]) -> None:
        """Take nothing from these for now."""
        async with self._turn:
            await asyncio.gather(*(self._set(queue, 0) for queue in queues if queue in self._subscriptions))

    async def close(self) -> None:
        """Give whatever is unsettled back to the broker."""
        self.wanted = False
        async with self._turn:
            subscriptions, self._subscriptions = self._subscriptions, {}
            self._prefetch.clear()
            await asyncio.gather(*(subscription.close() for subscription in subscriptions.values()))

    async def _open(self, queue: str, count: int) -> None:
        await self._store.register_queue(queue)
        await self._broker.declare(queue)
        self._subscriptions[queue] = await self._broker.consume(queue, prefetch=count, on_delivery=self._on_delivery)
        self._prefetch[queue] = count

    async def _set(self, queue: str, count: int) -> None:
        if self._prefetch[queue] == count:
            return
        # Known before it is so: what arrives meanwhile is counted against the new number.
        self._prefetch[queue] = count
        try:
            await self._subscriptions[queue].set_prefetch(count)
        except BrokerError as failure:
            log.warning("What is taken from %s could not be changed, its channel is gone: %s", queue, failure)
