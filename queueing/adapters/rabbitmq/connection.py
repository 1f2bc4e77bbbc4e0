"""Connections that come back, and what is known of one only while it lives.

aio-pika's robust connection restores what it remembers after a fixed pause. Here the owner of each thing restores it
(a subscription its consumer, a publisher its declarations), so we speak to aio-pika's protocol layer, aiormq.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import aiormq
from aiormq.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import ChannelNotFoundEntity

from queueing.adapters.rabbitmq.address import Address
from queueing.adapters.rabbitmq.bounds import retrieve, within
from queueing.adapters.rabbitmq.failures import DRIVER_ERRORS, unavailable
from queueing.adapters.rabbitmq.leniency import LenientTransport
from queueing.adapters.rabbitmq.topology import Version
from queueing.errors import BrokerUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")

CLOSING: Final = 5.0
"""Seconds that the broker gets to answer a goodbye."""
FRAMES: Final = 256
"""Frames buffered between a connection's reader and one of its channels."""


class Wire:
    """One live connection. ``declared`` holds what is known to exist, and dies with it."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._idle: list[AbstractChannel] = []
        self.declared: set[Hashable] = set()
        self.version_text = str(connection.server_properties.get("version", ""))
        self.version: Version = tuple(int(part) for part in re.findall(r"\d+", self.version_text)[:3])

    @property
    def alive(self) -> bool:
        return self._connection.is_opened

    @property
    def blocked(self) -> bool:
        """Whether the broker has announced that it takes no messages on this connection."""
        # aiormq only offers to wait for the end of it. A step into that wait tells, without waiting.
        waiting = self._connection.ready()
        try:
            waiting.send(None)
        except StopIteration:
            return False
        waiting.close()
        return True

    async def open_channel(self, *, confirms: bool = False) -> AbstractChannel:
        return await self._connection.channel(publisher_confirms=confirms, frame_buffer_size=FRAMES)

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[AbstractChannel]:
        """A channel for one operation. After an error it is not used again: the broker may be about to close it."""
        channel = self._idle.pop() if self._idle else await self.open_channel()
        if channel.is_closed:
            channel = await self.open_channel()
        try:
            yield channel
        except BaseException:
            await discard(channel)
            raise
        if not channel.is_closed:
            self._idle.append(channel)

    async def close(self) -> None:
        try:
            await within(CLOSING, self._connection.close())
        except DRIVER_ERRORS as exc:
            log.debug("RabbitMQ did not say goodbye: %s", exc)


class Link:
    """A connection made when it is needed and made anew when it is gone."""

    def __init__(self, address: Address, *, name: str, timeout: float) -> None:
        self.server = address.server
        self.timeout = timeout
        self._url = address.url
        self._name = name
        self._wire: Wire | None = None
        self._dialing: asyncio.Task[Wire] | None = None
        self._closed = False

    @property
    def live(self) -> Wire | None:
        return self._wire if self._wire is not None and self._wire.alive else None

    async def wire(self) -> Wire:
        """The live connection, made if need be. All who wait share one attempt, so that each waits for one only.

        Raises BrokerUnavailable within ``timeout`` seconds.
        """
        if self._wire is not None and self._wire.alive:
            return self._wire
        if self._closed:
            raise _closed()
        if self._dialing is None or self._dialing.done():
            self._dialing = asyncio.create_task(self._dial(), name=f"dial {self.server}")
            self._dialing.add_done_callback(retrieve)
        dialing = self._dialing
        # Waited for, not awaited: one waiter's cancellation is not the others', and close() cancels the task only.
        await asyncio.wait({dialing})
        if dialing.cancelled():
            raise _closed()
        return dialing.result()

    async def ask(self, operation: Callable[[Wire, AbstractChannel], Awaitable[T]]) -> T:
        """Run ``operation`` on a channel of its own, within ``timeout`` seconds. Raises BrokerUnavailable."""
        wire = await self.wire()

        async def on_a_channel() -> T:
            async with wire.channel() as channel:
                return await operation(wire, channel)

        return await self.bounded(on_a_channel())

    async def bounded(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of calls on the driver, within ``timeout`` seconds. Raises BrokerUnavailable for what it raises,
        except ChannelNotFoundEntity: whether a thing must exist is the caller's to say."""
        try:
            return await within(self.timeout, work)
        except ChannelNotFoundEntity:
            raise
        except DRIVER_ERRORS as exc:
            raise unavailable(self.server, exc) from exc

    def open(self) -> None:
        self._closed = False

    async def close(self) -> None:
        self._closed = True
        if self._dialing is not None:
            self._dialing.cancel()
            await asyncio.gather(self._dialing, return_exceptions=True)
        wire, self._wire, self._dialing = self._wire, None, None
        if wire is not None:
            await wire.close()

    async def _dial(self) -> Wire:
        self._wire = Wire(await self.bounded(self._connected()))
        log.debug("Connected to RabbitMQ %s at %s as %s", self._wire.version_text, self.server, self._name)
        return self._wire

    async def _connected(self) -> AbstractConnection:
        return await aiormq.connect(
            self._url, client_properties={"connection_name": self._name}, transport_factory=LenientTransport()
        )


def _closed() -> BrokerUnavailable:
    return BrokerUnavailable("This broker object was closed. Make a new one, or connect it again.")


async def discard(channel: AbstractChannel) -> None:
    if channel.is_closed:
        return
    try:
        await within(CLOSING, channel.close())
    except DRIVER_ERRORS as exc:
        log.debug("A channel did not close: %s", exc)
