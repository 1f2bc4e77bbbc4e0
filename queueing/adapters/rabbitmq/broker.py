"""The Broker of RabbitMQ."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Sequence
from functools import partial

from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelNotFoundEntity

from queueing.adapters.ladder import STEPS
from queueing.adapters.rabbitmq.address import Address
from queueing.adapters.rabbitmq.connection import Wire
from queueing.adapters.rabbitmq.dead_letters import sweep
from queueing.adapters.rabbitmq.declarations import LADDER, RECREATION, Declarations, queue_need
from queueing.adapters.rabbitmq.diagnosis import diagnose
from queueing.adapters.rabbitmq.failures import blocked
from queueing.adapters.rabbitmq.framing import MAX_MESSAGE
from queueing.adapters.rabbitmq.link import Link
from queueing.adapters.rabbitmq.publisher import Publisher
from queueing.adapters.rabbitmq.quiet import quieten
from queueing.adapters.rabbitmq.subscription import RabbitSubscription
from queueing.adapters.rabbitmq.topology import UNLIMITED, QueueType, Topology
from queueing.domain.findings import Finding
from queueing.domain.ports import BrokerCapabilities, Keep, OnDelivery, Outgoing
from queueing.domain.reading import QueueDepth, ServerHealth
from queueing.domain.saying import said_by
from queueing.errors import BrokerError


class RabbitBroker:
    """``url`` is amqp:// or amqps://, with user, password and virtual host percent-encoded where needed; aiormq's
    query parameters (``heartbeat``, ``cafile``, …) pass through. Timeouts are in seconds. ``name`` is how the
    connections are labelled on the broker.

    Publishing has a connection of its own: RabbitMQ stops reading from it when it raises an alarm, and acks and
    questions must go on.

    ``fast_lane`` takes deliveries and confirms off the wire without the driver, for less of the processor. What comes
    of it is the same.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "leveret",
        queue_type: QueueType = "quorum",
        delivery_limit: int = UNLIMITED,
        publish_timeout: float = 10.0,
        connect_timeout: float = 10.0,
        name: str = "",
        fast_lane: bool = True,
    ) -> None:
        quieten()
        address = Address(url)
        label = name or f"{prefix} {socket.gethostname()}:{os.getpid()}"
        self.capabilities = BrokerCapabilities(
            priorities=queue_type == "classic", max_message=MAX_MESSAGE, steps=tuple(STEPS.values())
        )
        self.prefix = prefix
        self._topology = Topology(prefix=prefix, queue_type=queue_type, delivery_limit=delivery_limit)
        self._out = Link(address, name=f"{label} publishing", timeout=connect_timeout, mends=True, tapped=fast_lane)
        self._in = Link(address, name=f"{label} consuming", timeout=connect_timeout, tapped=fast_lane)
        self._declarations = Declarations(self._out, self._topology)
        self._publisher = Publisher(self._out, self._topology, self._declarations, timeout=publish_timeout)
        self._subscriptions: list[RabbitSubscription] = []

    async def connect(self) -> None:
        """Raises BrokerUnavailable. The other connection is made when it is needed."""
        self._out.open()
        self._in.open()
        await self._out.wire()

    async def close(self) -> None:
        subscriptions, self._subscriptions = self._subscriptions, []
        await asyncio.gather(*(subscription.close() for subscription in subscriptions))
        await self._out.close()
        await self._in.close()

    async def declare(self, queue: str) -> None:
        failures = await self._declarations.ensure(await self._out.wire(), (queue_need(queue), *LADDER))
        if failures:
            raise next(iter(failures.values()))

    async def publish(self, messages: Sequence[Outgoing]) -> list[Exception | None]:
        return await self._publisher.publish(messages)

    async def consume(self, queue: str, *, prefetch: int, on_delivery: OnDelivery) -> RabbitSubscription:
        subscription = RabbitSubscription(
            self._in, self._topology, queue=queue, prefetch=prefetch, on_delivery=on_delivery
        )
        await subscription.start()
        self._subscriptions = [*(other for other in self._subscriptions if not other.closed), subscription]
        return subscription

    async def depth(self, queue: str) -> QueueDepth:
        main = await self._in.ask(partial(_counts, name=self._topology.main(queue)))
        dead = await self._in.ask(partial(_counts, name=self._topology.dead(queue)))
        ready, consumers = main or (None, None)
        return QueueDepth(ready=ready, consumers=consumers, dead=dead[0] if dead else None)

    async def waiting(self) -> list[int | None]:
        names = [self._topology.delay(step) for step in STEPS]
        found: list[int | None] = []
        while len(found) < len(names):
            found += await self._in.ask(partial(_counts_of_all, names=names[len(found) :]))
        return found

    async def sweep_dead(self, queue: str, keep: Keep, *, limit: int) -> int:
        return await sweep(self._in, self._topology.dead(queue), queue, keep, limit=limit)

    async def purge(self, queue: str) -> int:
        async def purge(_: Wire, channel: AbstractChannel) -> int:
            main = await channel.get_queue(self._topology.main(queue), ensure=False)
            try:
                return (await main.purge()).message_count or 0
            except ChannelNotFoundEntity:
                return 0

        return await self._in.ask(purge)

    async def delete(self, queue: str) -> None:
        async def delete(_: Wire, channel: AbstractChannel) -> None:
            await channel.queue_delete(self._topology.main(queue))
            await channel.queue_delete(self._topology.dead(queue))

        await self._in.ask(delete)
        await asyncio.sleep(RECREATION)
        self._declarations.forget([queue_need(queue)])

    async def health(self) -> ServerHealth:
        try:
            wire = await self._in.wire()
            started = time.perf_counter()
            await self._in.ask(_round_trip)
        except BrokerError as failure:
            return ServerHealth(name="RabbitMQ", ok=False, detail=said_by(failure))
        latency = time.perf_counter() - started
        stopped = self._out.live is not None and self._out.live.blocked
        return ServerHealth(
            name="RabbitMQ",
            ok=not stopped,
            version=wire.version_text,
            latency=latency,
            detail=said_by(blocked(self._out.server)) if stopped else "",
        )

    async def diagnose(self, queues: Sequence[str]) -> list[Finding]:
        return await diagnose(self._in, self._topology, queues)


async def _counts(_: Wire, channel: AbstractChannel, *, name: str) -> tuple[int, int] | None:
    """Ready messages and consumers; None: there is no such queue (and the broker closes the channel for asking)."""
    try:
        found = (await channel.get_queue(name)).declaration_result
    except ChannelNotFoundEntity:
        return None
    return found.message_count or 0, found.consumer_count or 0


async def _counts_of_all(wire: Wire, channel: AbstractChannel, *, names: Sequence[str]) -> list[int | None]:
    """Ready messages of these queues, up to and with the first that does not exist: asking for it costs the channel."""
    found: list[int | None] = []
    for name in names:
        counts = await _counts(wire, channel, name=name)
        if counts is None:
            return [*found, None]
        found.append(counts[0])
    return found


async def _round_trip(_: Wire, channel: AbstractChannel) -> None:
    await channel.set_qos(prefetch_count=1)
