"""A Broker inside the process: for the demo and for tests. What it holds dies with it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Final

from queueing.adapters.ladder import STEPS, step_for
from queueing.adapters.memory.queues import MemoryQueue, Message
from queueing.adapters.memory.subscription import MemorySubscription
from queueing.domain.findings import Finding
from queueing.domain.ports import BrokerCapabilities, DeadLetter, Destination, Keep, OnDelivery, Outgoing
from queueing.domain.reading import QueueDepth, ServerHealth
from queueing.domain.saying import said_by, say
from queueing.errors import BrokerUnavailable, PublishFailed

MAX_MESSAGE: Final = 16 * 1024 * 1024
WINDOW: Final = 500
"""Dead letters that are judged together."""


class MemoryBroker:
    """One event loop; several subscriptions; as many queues as there are names. Waits by the same ladder as RabbitMQ,
    so that what comes home early comes home early here too."""

    def __init__(self, *, prefix: str = "leveret") -> None:
        self.prefix = prefix
        self.capabilities = BrokerCapabilities(priorities=True, max_message=MAX_MESSAGE, steps=tuple(STEPS.values()))
        self._queues: dict[str, MemoryQueue] = {}
        self._dead: dict[str, MemoryQueue] = {}
        self._subscriptions: list[MemorySubscription] = []
        self._waiting: dict[asyncio.TimerHandle, str] = {}
        """What comes home later, and the step in which it waits."""
        self._connected = True  # as RabbitMQ's adapter connects when it is first used

    async def connect(self) -> None:
        self._connected = True

    async def close(self) -> None:
        for subscription in tuple(self._subscriptions):
            await subscription.close()
        for timer in self._waiting:
            timer.cancel()
        self._waiting.clear()
        self._connected = False

    async def declare(self, queue: str) -> None:
        self._check()
        self._declared(queue)

    async def publish(self, messages: Sequence[Outgoing]) -> list[Exception | None]:
        if not self._connected:
            return [_closed()] * len(messages)
        return [self._take(message) for message in messages]

    async def consume(self, queue: str, *, prefetch: int, on_delivery: OnDelivery) -> MemorySubscription:
        self._check()
        subscription = MemorySubscription(
            self._declared(queue), queue=queue, prefetch=prefetch, on_delivery=on_delivery, on_close=self._forget
        )
        self._subscriptions.append(subscription)
        return subscription

    async def depth(self, queue: str) -> QueueDepth:
        self._check()
        main, dead = self._queues.get(queue), self._dead.get(queue)
        return QueueDepth(
            ready=None if main is None else len(main),
            consumers=None if main is None else len(main.takers),
            dead=None if dead is None else len(dead),
        )

    async def waiting(self) -> list[int | None]:
        self._check()
        found = Counter(self._waiting.values())
        return [found[step] for step in STEPS]

    async def sweep_dead(self, queue: str, keep: Keep, *, limit: int) -> int:
        self._check()
        dead = self._dead.get(queue)
        if dead is None:
            return 0
        removed = 0
        shown = dead.messages()[:limit]
        for some in (shown[start : start + WINDOW] for start in range(0, len(shown), WINDOW)):
            # They stay in the queue while they are judged, so nothing is lost when ``keep`` raises.
            kept = await keep([_letter(queue, message) for message in some])
            removed += dead.remove([message for message, stays in zip(some, kept, strict=True) if not stays])
        return removed

    async def purge(self, queue: str) -> int:
        self._check()
        return self._queues[queue].clear() if queue in self._queues else 0

    async def delete(self, queue: str) -> None:
        """A subscription to it finds the queue made anew, and empty."""
        self._check()
        dead = self._dead.pop(queue, None)
        main = self._queues.get(queue)
        for emptied in (main, dead):
            if emptied is not None:
                emptied.clear()
        if main is not None and not main.takers:
            del self._queues[queue]
        elif main is not None:
            self._declared(queue)

    async def diagnose(self, queues: Sequence[str]) -> list[Finding]:
        return []

    async def health(self) -> ServerHealth:
        return ServerHealth(
            name="Embedded broker",
            ok=self._connected,
            latency=0.0 if self._connected else None,
            detail="" if self._connected else said_by(_closed()),
        )

    def _take(self, outgoing: Outgoing) -> Exception | None:
        if len(outgoing.body) > MAX_MESSAGE:
            return PublishFailed(f"Message {outgoing.message_id} is larger than {MAX_MESSAGE} bytes. Send less.")
        message = Message.of(outgoing)
        main = self._declared(outgoing.queue)
        if outgoing.destination is Destination.DEAD:
            self._dead[outgoing.queue].put(message)
        elif (step := step_for(outgoing.delay)) is None:
            main.put(message)
        else:
            self._put_later(outgoing.queue, message, step)
        return None

    def _put_later(self, queue: str, message: Message, step: str) -> None:
        def come_home() -> None:
            del self._waiting[timer]
            self._declared(queue).put(message)

        timer = asyncio.get_running_loop().call_later(STEPS[step], come_home)
        self._waiting[timer] = step

    def _declared(self, queue: str) -> MemoryQueue:
        self._dead.setdefault(queue, MemoryQueue())
        return self._queues.setdefault(queue, MemoryQueue())

    def _forget(self, subscription: MemorySubscription) -> None:
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def _check(self) -> None:
        if not self._connected:
            raise _closed()


def _closed() -> BrokerUnavailable:
    return BrokerUnavailable(
        say("The embedded broker is not connected: nothing can be sent or received. Connect it first.")
    )


def _letter(queue: str, message: Message) -> DeadLetter:
    return DeadLetter(
        queue=queue,
        body=message.body,
        headers=message.headers,
        message_id=message.message_id,
        type=message.type,
        timestamp=message.timestamp,
    )
