"""A worker's consumers: all of them, or none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from queueing.domain.ports import Broker, JobStore, OnDelivery, Subscription
from queueing.errors import BrokerError

log: Final = logging.getLogger("queueing.worker")


class Taking:
    """Opens and closes the consumers of all queues. The last wish counts, whatever is still in progress."""

    def __init__(
        self, broker: Broker, store: JobStore, queues: Sequence[str], *, prefetch: int, on_delivery: OnDelivery
    ) -> None:
        self._broker, self._store, self._queues = broker, store, queues
        self._prefetch, self._on_delivery = prefetch, on_delivery
        self._active: dict[str, Subscription] = {}
        self._stopped: list[Subscription] = []
        """Consumers that take no more, but whose deliveries are still being settled."""
        self._wanted = False
        self._turn = asyncio.Lock()
        self._none = asyncio.Event()

    async def start(self) -> None:
        """Raises BrokerError or StoreError where a queue could not be opened; those that were stay open."""
        self._wanted = True
        async with self._turn:
            for queue in self._queues:
                if not self._wanted:
                    return
                if queue not in self._active:
                    self._none.clear()
                    await self._open(queue)

    async def _open(self, queue: str) -> None:
        await self._store.register_queue(queue)
        await self._broker.declare(queue)
        self._active[queue] = await self._broker.consume(queue, prefetch=self._prefetch, on_delivery=self._on_delivery)

    async def stop(self) -> None:
        self._wanted = False
        async with self._turn:
            active, self._active = self._active, {}
            for subscription in active.values():
                await self._end(subscription)
            self._stopped += active.values()
            self._none.set()

    async def _end(self, subscription: Subscription) -> None:
        try:
            await subscription.stop()
        except BrokerError as failure:
            log.warning("A consumer could not be stopped, its channel is gone: %s", failure)

    async def until_none(self) -> None:
        """Wait until no consumer is active. A message released any earlier would come straight back to this worker,
        again and again, up to its delivery limit."""
        await self._none.wait()

    async def close(self) -> None:
        """Give whatever is unsettled back to the broker."""
        await self.stop()
        stopped, self._stopped = self._stopped, []
        for subscription in stopped:
            await subscription.close()
