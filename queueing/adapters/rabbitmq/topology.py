"""Which objects Leveret keeps on the broker, and with what arguments.

``<prefix>.<queue>`` dead-letters to ``<prefix>.<queue>.dead``. ``<prefix>.delay.<step>`` is a fanout exchange and a
queue whose messages expire to the default exchange: there a message's own routing key brings it home.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelPreconditionFailed

from queueing.adapters.ladder import STEPS
from queueing.adapters.rabbitmq.failures import mismatch

QueueType = Literal["quorum", "classic"]
Version = tuple[int, ...]
Arguments = dict[str, Any]

MAX_PRIORITY: Final = 9
AT_LEAST_ONCE_SINCE: Final[Version] = (3, 10)
"""Dead-lettering that keeps a message until its target confirms it. It needs a quorum queue as the source,
``x-overflow=reject-publish``, and the feature flag ``stream_queue`` (without it the broker falls back by itself)."""
LIMITED_BY_DEFAULT_SINCE: Final[Version] = (4, 0)
"""From then on a quorum queue without x-delivery-limit has one of 20; -1 turns it off."""


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

    async def declare_queue(self, channel: AbstractChannel, queue: str, version: Version) -> None:
        """The dead-letter queue first, so that the main queue never points at nothing."""
        await _declare(channel, self.dead(queue), self.dead_arguments(version))
        await _declare(channel, self.main(queue), self.main_arguments(queue, version))

    async def declare_step(self, channel: AbstractChannel, step: str, version: Version) -> None:
        name = self.delay(step)
        try:
            await channel.exchange_declare(name, exchange_type="fanout", durable=True)
        except ChannelPreconditionFailed as refusal:
            raise mismatch(refusal) from refusal
        await _declare(channel, name, self.step_arguments(step, version))
        await channel.queue_bind(name, name)

    def main_arguments(self, queue: str, version: Version) -> Arguments:
        arguments = self._dead_lettering(version) | {"x-dead-letter-routing-key": self.dead(queue)}
        if self._type == "quorum":
            arguments["x-delivery-limit"] = self._delivery_limit
        else:
            arguments["x-max-priority"] = MAX_PRIORITY
        return arguments

    def dead_arguments(self, version: Version) -> Arguments:
        arguments: Arguments = {"x-queue-type": self._type}
        if self._type == "quorum" and version >= LIMITED_BY_DEFAULT_SINCE:
            arguments["x-delivery-limit"] = -1
        return arguments

    def step_arguments(self, step: str, version: Version) -> Arguments:
        return self._dead_lettering(version) | {"x-message-ttl": int(STEPS[step] * 1000)}

    def _dead_lettering(self, version: Version) -> Arguments:
        arguments: Arguments = {"x-queue-type": self._type, "x-dead-letter-exchange": ""}
        if self._type == "quorum" and version >= AT_LEAST_ONCE_SINCE:
            arguments |= {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
        return arguments


async def _declare(channel: AbstractChannel, name: str, arguments: Arguments) -> None:
    try:
        await channel.queue_declare(name, durable=True, arguments=arguments)
    except ChannelPreconditionFailed as refusal:
        raise mismatch(refusal) from refusal
