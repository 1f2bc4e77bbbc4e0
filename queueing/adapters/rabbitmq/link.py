"""A connection made when it is needed and made anew when it is gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelNotFoundEntity

from queueing.adapters.rabbitmq.address import Address
from queueing.adapters.rabbitmq.bounds import retrieve, within
from queueing.adapters.rabbitmq.connection import Wire
from queueing.adapters.rabbitmq.failures import DRIVER_ERRORS, unavailable
from queueing.errors import BrokerUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")


class Link:
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
        self._wire = await self.bounded(Wire.connected(self._url, name=self._name))
        log.debug("Connected to RabbitMQ %s at %s as %s", self._wire.version_text, self.server, self._name)
        return self._wire


def _closed() -> BrokerUnavailable:
    return BrokerUnavailable("This broker object was closed. Make a new one, or connect it again.")
