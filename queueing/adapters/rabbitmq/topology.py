"""Which objects Leveret keeps on the broker, and with what arguments.

``<prefix>.<queue>`` dead-letters to ``<prefix>.<queue>.dead``. ``<prefix>.delay.<step>`` is a fanout exchange and a
queue whose messages expire to ``<prefix>.delay.home``: there a message's own routing key brings it home.

A message whose queue was deleted meanwhile goes on to ``<prefix>.delay.homeless``, and from there to the queue as soon
as it exists again. Without this way out the broker keeps such a message in the step, and with 32 of them (its internal
prefetch) nothing comes home from that step any more, for any queue: measured on RabbitMQ 3.10.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractQueue
from aio_pika.exceptions import ChannelPreconditionFailed

from queueing.adapters.ladder import STEPS
from queueing.adapters.rabbitmq.failures import mismatch

QueueType = Literal["quorum", "classic"]
Version = tuple[int, ...]
Arguments = dict[str, Any]

MAX_PRIORITY: Final = 9
AT_LEAST_ONCE_SINCE: Final[Version] = (3, 10)
"""Dead-lettering that keeps a message until its target confirms it. It needs a quorum queue as the source,
``x-overflow=reject-publish``, and the feature flag ``stream_queue`` (without it the broker falls back by itself)."""
HOMELESS_TTL: Final = 5000
"""Milliseconds until the homeless are first sent home. The broker repeats a failed attempt every three minutes."""


UNLIMITED: Final = 1_000_000
"""Deliveries of one message. A worker that dies hands back also what it had not begun, and that must not be buried
because a job beside it kills its worker thirty times: the record counts attempts, and is the judge. Nor must a dead
letter go because it was looked at: since 4.0 a queue that names no limit has one of 20. A number, since 3.10 knows no
-1, and the same on all versions, so that a server that was upgraded finds its queues unchanged."""


def parse_version(server_properties: Mapping[str, Any]) -> tuple[str, Version]:
    """Of the handshake: as the server writes it, and its numbers."""
    text = str(server_properties.get("version", ""))
    return text, tuple(int(part) for part in re.findall(r"\d+", text)[:3])


class Topology:
    def __init__(self, *, prefix: str, queue_type: QueueType, delivery_limit: int) -> None:
        self.prefix = prefix
        self._type = queue_type
        self._delivery_limit = delivery_limit

    def main(self, queue: str) -> str:
        return f"{self.prefix}.{queue}"

    def dead(self, queue: str) -> str:
        return f"{self.prefix}.{queue}.dead"

    def delay(self, step: str) -> str:
        return f"{self.prefix}.delay.{step}"

    @property
    def home(self) -> str:
        return f"{self.prefix}.delay.home"

    @property
    def homeless(self) -> str:
        return f"{self.prefix}.delay.homeless"

    async def declare_home(self, channel: AbstractChannel, version: Version) -> None:
        await self._declare_waiting(channel, self.homeless, self.homeless_arguments(version))
        await _declare_exchange(channel, self.home, ExchangeType.DIRECT, {"alternate-exchange": self.homeless})

    async def declare_queue(self, channel: AbstractChannel, queue: str, version: Version) -> None:
        """Needs ``declare_home``. The dead-letter queue first, so that the main queue never points at nothing."""
        await _declare(channel, self.dead(queue), self.dead_arguments())
        main = await _declare(channel, self.main(queue), self.main_arguments(queue, version))
        await main.bind(self.home, routing_key=self.main(queue))

    async def declare_step(self, channel: AbstractChannel, step: str, version: Version) -> None:
        """Needs ``declare_home``."""
        await self._declare_waiting(channel, self.delay(step), self.step_arguments(step, version))

    async def _declare_waiting(self, channel: AbstractChannel, name: str, arguments: Arguments) -> None:
        exchange = await _declare_exchange(channel, name, ExchangeType.FANOUT)
        queue = await _declare(channel, name, arguments)
        await queue.bind(exchange, routing_key="")

    def main_arguments(self, queue: str, version: Version) -> Arguments:
        arguments = self._dead_lettering(version) | {"x-dead-letter-routing-key": self.dead(queue)}
        if self._type == "quorum":
            arguments["x-delivery-limit"] = self._delivery_limit
        else:
            arguments["x-max-priority"] = MAX_PRIORITY
        return arguments

    def dead_arguments(self) -> Arguments:
        arguments: Arguments = {"x-queue-type": self._type}
        if self._type == "quorum":
            arguments["x-delivery-limit"] = UNLIMITED
        return arguments

    def step_arguments(self, step: str, version: Version) -> Arguments:
        ttl = int(STEPS[step] * 1000)
        return self._dead_lettering(version) | {"x-dead-letter-exchange": self.home, "x-message-ttl": ttl}

    def homeless_arguments(self, version: Version) -> Arguments:
        return self._dead_lettering(version) | {"x-message-ttl": HOMELESS_TTL}

    def _dead_lettering(self, version: Version) -> Arguments:
        arguments: Arguments = {"x-queue-type": self._type, "x-dead-letter-exchange": ""}
        if self._type == "quorum" and version >= AT_LEAST_ONCE_SINCE:
            arguments |= {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
        return arguments


async def _declare(channel: AbstractChannel, name: str, arguments: Arguments) -> AbstractQueue:
    try:
        return await channel.declare_queue(name, durable=True, arguments=arguments)
    except ChannelPreconditionFailed as refusal:
        raise mismatch(refusal) from refusal


async def _declare_exchange(
    channel: AbstractChannel, name: str, kind: ExchangeType, arguments: Arguments | None = None
) -> AbstractExchange:
    try:
        return await channel.declare_exchange(name, kind, durable=True, arguments=arguments)
    except ChannelPreconditionFailed as refusal:
        raise mismatch(refusal) from refusal
