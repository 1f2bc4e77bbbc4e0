"""Fits what a worker takes to what it can run."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from typing import Final

from queueing.errors import BrokerError, StoreError
from queueing.worker.returns import Returns
from queueing.worker.slots import Slots
from queueing.worker.taking import Taking

log: Final = logging.getLogger("queueing.worker")

TICK: Final = 0.25
QUICK: Final = 0.05
"""Seconds. Where all that a queue may send is had and begun within that, the worker would wait for messages: each comes
only when an earlier one is acked. Then as many again are read ahead, twice the slots at most."""
SLOW: Final = 0.25
"""Seconds in which what was read ahead should be begun; else no more is, for other workers may be idle."""
PATIENCE: Final = 1.0
"""Seconds that a delivery may wait for a slot before it is given back: other workers may be idle. Long enough that a
worker whose slots turn over quickly keeps its read-ahead, and far below any consumer timeout of the broker."""


class Balancer:
    """Gives back what waits too long or must not be taken, and lets more in when slots are free.

    A consumer's prefetch is only touched when something is wrong with it, for each change costs round trips.
    """

    def __init__(self, taking: Taking, slots: Slots, returns: Returns, claiming: Counter[str]) -> None:
        self._taking, self._slots, self._returns, self._claiming = taking, slots, returns, claiming
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._full = False
        """Whether the bench was given back and no slot has come free since."""
        self._looked_at = asyncio.get_running_loop().time()
        self._seen: Counter[str] = Counter()
        """How many of each queue had begun then."""

    def wake(self) -> None:
        self._wake.set()

    def on_room(self) -> None:
        self._full = False
        if self._starved():
            self._wake.set()

    async def run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(TICK):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self.balance()
            except (StoreError, BrokerError) as failure:
                log.warning("What is taken could not be fitted to the free slots; trying again: %s", failure)

    async def balance(self) -> None:
        async with self._turn:
            await self._let_go_of_unwanted()
            await self._let_go_of_overdue()
            if starved := self._starved():
                # The queue that was served longest ago is first to be heard: a single free slot is soon gone.
                served = self._slots.served
                await self._taking.fit(sorted(starved, key=lambda queue: served.get(queue, 0)))
            await self._read_ahead()

    async def _read_ahead(self) -> None:
        now, begun = asyncio.get_running_loop().time(), self._slots.begun
        if (passed := now - self._looked_at) < TICK:
            return
        for queue in self._taking.queues:
            taken = self._taking.taken(queue)
            rate = (begun[queue] - self._seen[queue]) / passed
            waits = queue in self._slots.bench.queues
            if (count := ahead(taken, size=self._slots.size, rate=rate, waits=waits)) != taken:
                await self._taking.change(queue, count)
        self._looked_at, self._seen = now, begun.copy()

    async def _let_go_of_unwanted(self) -> None:
        await self._taking.hold(self._taking.taking_unwanted())
        # Of a queue whose claims are in flight later: some may come back to the bench, and the order is kept.
        await self._give_back(
            queue for queue in self._slots.bench.queues if not self._taking.wants(queue) and not self._claiming[queue]
        )

    async def _let_go_of_overdue(self) -> None:
        oldest = self._slots.bench.oldest()
        if oldest is not None and asyncio.get_running_loop().time() - oldest > PATIENCE:
            self._full = True
            await self._taking.hold(self._taking.queues)
            await self._give_back(filter(self._taking.wants, self._slots.bench.queues))

    async def _give_back(self, queues: Iterable[str]) -> None:
        for queue in tuple(queues):
            for held in self._slots.bench.clear(queue):
                await self._returns.give_back(held.delivery)
                self._slots.let_go(held)

    def _starved(self) -> list[str]:
        """Queues that may take nothing more. While no slot is free these are those that could take nothing at all:
        one queue that keeps all slots busy must not keep the others out."""
        if self._full or self._slots.bench.oldest() is not None:
            return []
        held, taking, free = self._slots.held, self._taking, self._slots.free
        return [
            queue
            for queue in taking.queues
            if taking.wants(queue) and held[queue] >= (taken := taking.taken(queue)) and (free or not taken)
        ]


def ahead(taken: int, *, size: int, rate: float, waits: bool) -> int:
    """How many messages of a queue may be held, where ``taken`` may be now, ``rate`` of them begin a second in ``size``
    slots, and one waits for a slot or not."""
    if 0 < taken <= rate * QUICK:
        return max(taken, min(taken * 2, size * 2))
    if waits and taken > rate * SLOW:
        return min(taken, size)
    return taken
