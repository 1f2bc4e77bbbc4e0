"""Publishing: pipelined, mandatory, and confirmed within a bounded time."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence

from aio_pika.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed, DeliveryError, PublishError

from queueing.adapters.ladder import step_for
from queueing.adapters.rabbitmq.bounds import within
from queueing.adapters.rabbitmq.confirms import Batch, ConfirmChannel, Envelope, Refused, Unroutable
from queueing.adapters.rabbitmq.connection import Wire
from queueing.adapters.rabbitmq.declarations import RECREATION, Declarations, Need, queue_need, step_need
from queueing.adapters.rabbitmq.failures import DRIVER_ERRORS, blocked, unavailable
from queueing.adapters.rabbitmq.framing import framed
from queueing.adapters.rabbitmq.link import Link
from queueing.adapters.rabbitmq.topology import Topology
from queueing.domain.ports import Destination, Outgoing
from queueing.errors import BrokerError, PublishFailed

Result = Exception | None
UNFRAMEABLE = (ValueError, TypeError, OverflowError, struct.error, UnicodeError, RecursionError)


class _Missing(PublishFailed):
    """No queue took it, or its ladder step is gone. Declared anew, it is worth one more attempt."""


class Publisher:
    def __init__(self, link: Link, topology: Topology, declarations: Declarations, *, timeout: float) -> None:
        self._link = link
        self._topology = topology
        self._declarations = declarations
        self._timeout = timeout
        self._channel: ConfirmChannel | None = None
        self._wire: Wire | None = None
        self._opening = asyncio.Lock()

    async def publish(self, messages: Sequence[Outgoing]) -> list[Result]:
        """One answer a message, in order. At most two attempts, each bounded by the connect and publish timeouts."""
        results = await self._attempt(messages)
        missing = [number for number, result in enumerate(results) if isinstance(result, _Missing)]
        if missing:
            await asyncio.sleep(RECREATION)
            again = await self._attempt([messages[number] for number in missing])
            for number, result in zip(missing, again, strict=True):
                results[number] = result
        return results

    async def _attempt(self, messages: Sequence[Outgoing]) -> list[Result]:
        try:
            wire = await self._link.wire()
        except BrokerError as failure:
            return [failure] * len(messages)
        if wire.blocked:
            return [blocked(self._link.server)] * len(messages)
        needs = [_needs(message) for message in messages]
        failures = await self._declarations.ensure(wire, (need for wanted in needs for need in wanted))
        results: list[Result] = [next((failures[n] for n in wanted if n in failures), None) for wanted in needs]
        sound = [number for number, result in enumerate(results) if result is None]
        for number, result in zip(sound, await self._send(wire, [messages[n] for n in sound]), strict=True):
            results[number] = result
            if isinstance(result, _Missing):
                self._declarations.forget(needs[number])
        return results

    async def _send(self, wire: Wire, messages: Sequence[Outgoing]) -> list[Result]:
        """Frame, write, and wait for the broker's answers, ``timeout`` seconds in all."""
        framing: list[Envelope | Exception] = []
        batch = Batch()
        failure: Exception = TimeoutError(f"the broker did not confirm it within {self._timeout:g} seconds")
        try:
            async with asyncio.timeout(self._timeout):
                channel = await self._open(wire)
                framing += [self._envelope(channel, message) for message in messages]
                await channel.send([found for found in framing if isinstance(found, Envelope)], batch)
                await batch.answered()
        except TimeoutError:
            # ``failure`` says it; what was confirmed in time still counts.
            if not wire.blocked and not any(answer.done() for answer in batch.answers):
                self._link.drop(wire)
        except DRIVER_ERRORS as exc:
            failure = exc
        written = iter(batch.answers)
        results: list[Result] = []
        for number, message in enumerate(messages):
            framed_as = framing[number] if number < len(framing) else None
            if isinstance(framed_as, Exception):
                results.append(framed_as)
            else:
                answer = next(written, None)
                cause = failure if answer is None or not answer.done() else answer.exception()
                results.append(None if cause is None else self._verdict(wire, message, cause))
        return results

    async def _open(self, wire: Wire) -> ConfirmChannel:
        if self._channel is not None and self._wire is wire and self._channel.usable:
            return self._channel
        async with self._opening:
            if self._channel is None or self._wire is not wire or not self._channel.usable:
                opened = await within(self._timeout, wire.open_channel(confirms=True))
                self._wire, self._channel = (
                    wire,
                    ConfirmChannel(await opened.get_underlay_channel(), tap=wire.tap, writer=wire.writer),
                )
            return self._channel

    def _envelope(self, channel: ConfirmChannel, message: Outgoing) -> Envelope | Exception:
        home = self._topology.main(message.queue)
        exchange = ""
        if message.destination is Destination.DEAD:
            home = self._topology.dead(message.queue)
        elif (step := step_for(message.delay)) is not None:
            exchange = self._topology.delay(step)
        try:
            return Envelope(
                message.message_id,
                framed(
                    message, exchange=exchange, routing_key=home, channel=channel.number, frame_max=channel.frame_max
                ),
            )
        except UNFRAMEABLE as exc:
            failed = PublishFailed(f"Message {message.message_id} cannot be sent over AMQP: {exc}.")
            failed.__cause__ = exc
            return failed

    def _verdict(self, wire: Wire, message: Outgoing, cause: BaseException) -> Exception:
        """What the driver says of one message, in our words."""
        which = f"Message {message.message_id} for queue {message.queue!r}"
        found: Exception
        match cause:
            case PublishError() | Unroutable() | ChannelNotFoundEntity():
                found = _Missing(f"{which} found no queue: it was deleted a moment ago. Publish it again.")
            case DeliveryError() | Refused():
                found = PublishFailed(
                    f"{which} was refused by RabbitMQ: the queue is full (a max-length policy with reject-publish), or "
                    "too few of its replicas are up. It was not stored; publish it again when there is room."
                )
            case TimeoutError() if wire.blocked:
                found = blocked(self._link.server)
            case TimeoutError():
                found = PublishFailed(
                    f"{which} was not confirmed within {self._timeout:g} seconds, so it may or may not have arrived. "
                    "Publish it again: a message that comes twice is recognised."
                )
            case ChannelPreconditionFailed():
                found = PublishFailed(f"{which} was refused by RabbitMQ: {cause}.")
            case _:
                found = unavailable(self._link.server, cause)
        found.__cause__ = cause
        return found


def _needs(message: Outgoing) -> tuple[Need, ...]:
    queue = queue_need(message.queue)
    if message.destination is Destination.DEAD or (step := step_for(message.delay)) is None:
        return (queue,)
    return queue, step_need(step)
