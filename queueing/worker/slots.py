"""So many handlers at a time; what is beyond that waits on the bench.

A slot is held from the claim until the outcome of its handler is on its way to the store. Whoever waits on the bench
has it then: one round trip less to wait, and claimed behind that outcome, so that what the outcome sets free (a limit,
a key, a suspect's trial) is free. So besides those in slots there are deliveries that are being settled: as many at
most.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable

from queueing.domain.ports import Delivery
from queueing.worker.bench import Bench, Held


class Slots:
    """``work`` handles one delivery and answers whether it goes back to the bench; it must not raise.
    ``on_room`` is called when a slot is free and nobody waits for it."""

    def __init__(
        self, size: int, bench: Bench, work: Callable[[Held], Awaitable[bool]], on_room: Callable[[], None]
    ) -> None:
        self.size, self.bench = size, bench
        self._work, self._on_room = work, on_room
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[bool]] = set()
        self._in_slots: set[Held] = set()
        self._arrivals = 0
        self.open = True
        """Whether work may begin."""
        self.held: Counter[str] = Counter()
        """Unsettled deliveries by queue, as far as the broker knows of them."""
        self.served: dict[str, int] = {}
        """By queue, the number of the last delivery that got a slot."""
        self.begun: Counter[str] = Counter()
        """By queue, how many have got a slot so far."""

    @property
    def free(self) -> int:
        """Those for which nothing is left to be settled: others will be had by what is on its way here already."""
        return max(0, self.size - len(self._tasks))

    @property
    def tasks(self) -> Collection[asyncio.Task[bool]]:
        return self._tasks

    def offer(self, delivery: Delivery) -> None:
        self._arrivals += 1
        self.held[delivery.queue] += 1
        self.bench.put(Held(delivery, number=self._arrivals, since=self._loop.time()))
        self.fill()

    def fill(self) -> None:
        while self.open and self._has_room and (held := self.bench.take()) is not None:
            self.served[held.queue] = held.number
            self.begun[held.queue] += 1
            self._in_slots.add(held)
            task = self._loop.create_task(self._run(held))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    def vacate(self, ended: Iterable[Held]) -> None:
        """Their handlers have ended, and what became of them is on its way to the store."""
        self._in_slots.difference_update(ended)
        self.fill()

    def resize(self, size: int) -> None:
        """What runs goes on; a smaller number takes effect as it ends."""
        self.size = size
        self.fill()
        self._on_room()

    def let_go(self, held: Held) -> None:
        """The broker has it back, or has forgotten it."""
        self.held[held.queue] -= 1

    @property
    def _has_room(self) -> bool:
        return len(self._in_slots) < self.size and len(self._tasks) < self.size * 2

    async def _run(self, held: Held) -> bool:
        back = False
        try:
            back = await self._work(held)
        finally:
            self._in_slots.discard(held)
            if back:
                self.bench.put_back(held)
            elif not held.parked:
                self.let_go(held)
        return back

    def _done(self, task: asyncio.Task[bool]) -> None:
        self._tasks.discard(task)
        self.fill()
        if len(self._tasks) < self.size:
            self._on_room()
