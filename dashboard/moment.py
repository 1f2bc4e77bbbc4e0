"""What keeps the questions of pages few: they are asked of the servers once, however many parts of a page ask them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, NamedTuple, cast

from dashboard.patience import asked
from queueing.domain.ports import Broker, JobStore
from queueing.domain.reading import QueueDepth, QueueStatus, ServerHealth
from queueing.domain.saying import said_by, say
from queueing.errors import BrokerUnavailable
from queueing.inspector import Inspector

SERVER: Final = "RabbitMQ"
FRESH: Final = 1.0
"""Seconds for which a reading of the broker serves all who ask. A queue's depth is two questions to RabbitMQ, the
ladder's a dozen, and it announces no changes."""
BEARABLE: Final = 4.0
"""Seconds for which it serves while the next is taken: a page does not wait for a hundred answers, and its first push
brings them."""
PATIENCE: Final = 1.0
"""Seconds that a page waits for RabbitMQ. It has ten to say that it cannot be reached, and a page would wait twice."""
BRIEF: Final = 0.1
"""The same while it is known to be silent: only the first page waits to find that out."""
ASKED_ONCE: Final = frozenset(
    {
        *("lanes", "oldest", "queues", "workers", "open_groups", "count_schedules", "limits", "health", "leader"),
        *("outbox_size", "depth", "waiting"),
    }
)
"""What more than one part of a page wants to know, of store or broker."""


class Reading(NamedTuple):
    at: float
    answer: asyncio.Future[Any]


class Gauges:
    """A broker whose depths are read once a second at most. On the engine's loop, as the broker itself."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._readings: dict[str, Reading] = {}
        self._next: dict[str, asyncio.Future[Any]] = {}
        self._health: asyncio.Future[ServerHealth] | None = None
        self._silent = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._broker, name)
        # Here, and no method: a broker may go without it.
        return partial(self._read, name, found) if name == "waiting" else found

    async def depth(self, queue: str) -> QueueDepth:
        return cast(QueueDepth, await self._read(f"depth {queue}", lambda: self._broker.depth(queue)))

    async def health(self) -> ServerHealth:
        """Asked anew, but not while the last question is still out."""
        if self._health is None or self._health.done():
            self._health = asked(self._broker.health())
        try:
            return cast(ServerHealth, await self._within_patience(self._health))
        except BrokerUnavailable as silent:
            return ServerHealth(name=SERVER, ok=False, detail=said_by(silent))

    async def _within_patience(self, answer: asyncio.Future[Any]) -> Any:
        """The question goes on: whoever asks later finds its answer."""
        if not answer.done():
            done, _ = await asyncio.wait([answer], timeout=BRIEF if self._silent else PATIENCE)
            self._silent = not done
        if not answer.done():
            raise BrokerUnavailable(say("%(server)s has not answered yet.", server=SERVER))
        return await asyncio.shield(answer)

    async def _read(self, what: str, question: Callable[[], Awaitable[Any]]) -> Any:
        reading, now = self._readings.get(what), time.monotonic()
        if reading is None or (now - reading.at > BEARABLE and reading.answer.done()):
            self._next.pop(what, None)
            reading = self._readings[what] = Reading(now, asked(question()))
        elif now - reading.at > FRESH and what not in self._next:
            answer = self._next[what] = asked(question())
            answer.add_done_callback(partial(self._taken, what, now))
        return await self._within_patience(reading.answer)

    def _taken(self, what: str, at: float, answer: asyncio.Future[Any]) -> None:
        """An error is a reading too. One that was forgotten meanwhile is none."""
        if self._next.get(what) is answer:
            del self._next[what]
            self._readings[what] = Reading(at, answer)

    def forget(self) -> None:
        """Somebody has just changed something."""
        self._readings.clear()
        self._next.clear()


class Once:
    """A broker or a store that is asked each of these questions once, and gives all the same answer, or error."""

    def __init__(self, engine: Broker | JobStore) -> None:
        self._engine = engine
        self._answers: dict[tuple[Any, ...], asyncio.Future[Any]] = {}

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._engine, name)
        return partial(self._ask, name, method) if name in ASKED_ONCE else method

    async def _ask(self, name: str, method: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        question = (name, *(tuple(one) if isinstance(one, list) else one for one in arguments))
        if question not in self._answers:
            self._answers[question] = asked(method(*arguments))
        return await asyncio.shield(self._answers[question])


class OneLook(Inspector):
    """What it says of the queues is drawn up once: the frame wants it, and most pages."""

    def __init__(self, broker: Broker, store: JobStore) -> None:
        super().__init__(broker, store)
        self._drawn_up: asyncio.Future[list[QueueStatus]] | None = None

    async def queues(self) -> list[QueueStatus]:
        if self._drawn_up is None:
            self._drawn_up = asked(super().queues())
        return list(await asyncio.shield(self._drawn_up))


def moment(broker: Broker, store: JobStore) -> Inspector:
    """Of these servers as they are at one moment: for one page, whose parts then agree with each other."""
    return OneLook(cast(Broker, Once(broker)), cast(JobStore, Once(store)))
