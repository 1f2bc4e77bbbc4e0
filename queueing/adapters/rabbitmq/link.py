"""A connection made when it is needed and made anew when it is gone."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelNotFoundEntity

from queueing.adapters.rabbitmq.address import Address
from queueing.adapters.rabbitmq.bounds import retrieve, within
from queueing.adapters.rabbitmq.connection import Wire
from queueing.adapters.rabbitmq.failures import DRIVER_ERRORS, unavailable
from queueing.domain.saying import said_by, say
from queueing.errors import BrokerUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")

FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 2.0
"""Seconds between two attempts of a link that mends itself."""


class Link:
    """``mends``: once it is known to be down, it dials on by itself, and whoever asks meanwhile is told so at once. A
    producer must not wait for a server that may not even refuse, since jobs can wait in the outbox. ``tapped``: its
    connections have a tap."""

    def __init__(
        self, address: Address, *, name: str, timeout: float, mends: bool = False, tapped: bool = False
    ) -> None:
        self.server = address.server
        self.timeout = timeout
        self._url = address.url
        self._name = name
        self._wire: Wire | None = None
        self._dialing: asyncio.Task[Wire] | None = None
        self._mends = mends
        self._tapped = tapped
        self._mending: asyncio.Task[None] | None = None
        self._failure: BrokerUnavailable | None = None
        self._dropped: set[asyncio.Task[None]] = set()
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
        if self._mending is not None and not self._mending.done() and self._failure is not None:
            raise BrokerUnavailable(said_by(self._failure)) from self._failure
        if self._dialing is None or self._dialing.done():
            self._dialing = asyncio.create_task(self._dial(), name=f"dial {self.server}")
            self._dialing.add_done_callback(retrieve)
        dialing = self._dialing
        # Waited for, not awaited: one waiter's cancellation is not the others', and close() cancels the task only.
        await asyncio.wait({dialing})
        if dialing.cancelled():
            raise _closed()
        try:
            return dialing.result()
        except BrokerUnavailable as failure:
            self._mend(failure)
            raise

    def drop(self, wire: Wire) -> None:
        """Nothing comes back over this connection: give it up rather than let each caller wait for it."""
        if self._wire is not wire:
            return
        self._wire = None
        task = asyncio.create_task(wire.close(), name=f"leave {self.server}")
        self._dropped.add(task)
        task.add_done_callback(self._dropped.discard)
        self._mend(unavailable(self.server, TimeoutError("it has stopped to answer")))

    def _mend(self, failure: BrokerUnavailable) -> None:
        if self._mends and not self._closed and (self._mending is None or self._mending.done()):
            self._failure = failure
            self._mending = asyncio.create_task(self._redial(), name=f"redial {self.server}")
            self._mending.add_done_callback(retrieve)

    async def _redial(self) -> None:
        pause = FIRST_PAUSE
        while True:
            # Jittered, so that a fleet does not meet a server that has just come up as one wave.
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311
            try:
                await self._dial()
                return
            except BrokerUnavailable as failure:
                self._failure = failure
            pause = min(LONGEST_PAUSE, pause * 2)

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
        for task in (self._dialing, self._mending, *self._dropped):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        wire, self._wire, self._dialing = self._wire, None, None
        if wire is not None:
            await wire.close()

    async def _dial(self) -> Wire:
        self._wire = await self.bounded(Wire.connected(self._url, name=self._name, tapped=self._tapped))
        log.debug("Connected to RabbitMQ %s at %s as %s", self._wire.version_text, self.server, self._name)
        return self._wire


def _closed() -> BrokerUnavailable:
    return BrokerUnavailable(say("This broker object was closed. Make a new one, or connect it again."))
