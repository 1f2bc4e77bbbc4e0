"""aio-pika's connection as this adapter uses it, and what is known of one only while it lives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Any, Final

import aio_pika
from aio_pika.abc import AbstractChannel, UnderlayChannel
from aio_pika.tools import OneShotCallback

from queueing.adapters.rabbitmq.bounds import within
from queueing.adapters.rabbitmq.failures import DRIVER_ERRORS
from queueing.adapters.rabbitmq.leniency import LenientTransport
from queueing.adapters.rabbitmq.tap import Tap, TappedTransport
from queueing.adapters.rabbitmq.topology import parse_version

log = logging.getLogger(__name__)

CLOSING: Final = 5.0
"""Seconds that the broker gets to answer a goodbye."""
MOST_CHANNELS: Final = 2047
"""Where the broker sets no limit; RabbitMQ's own."""
AT_A_TIME: Final = 4
"""Operations on channels of their own. aiormq's answer to a channel that the broker closed is lost when ten frames wait
to be written, and the broker then ends the connection when the channel's number is used again."""
FRAMES: Final = 256
"""Buffered between a connection's reader and one of its channels. With aiormq's 10, a fifth of the throughput goes into
changing between the two."""


class Channel(aio_pika.Channel):
    """aio-pika's, opened with a larger buffer and without a watch on its connection.

    aio-pika 10.2 never takes that watch back, and every question about a queue that is not there costs a channel:
    three kilobytes each, for as long as the connection lives. A channel hears of its connection's end without it.
    """

    async def _open(self) -> None:
        if self._connection.transport is None:
            raise ConnectionError("the connection was closed")
        driver = await self._connection.transport.connection.channel(
            channel_number=_unused(self._connection),
            publisher_confirms=self.publisher_confirms,
            on_return_raises=self.on_return_raises,
            frame_buffer_size=FRAMES,
        )
        closed = OneShotCallback(self._on_close)
        driver.closing.add_done_callback(closed)
        self._channel = UnderlayChannel(channel=driver, close_callback=closed)
        await self._on_open()


def _unused(connection: Any) -> int:
    """The number for a new channel: that of the one opened longest ago, or one that was never used.

    aiormq gives the lowest that is free. One that the broker has just closed is free before its close is answered; with
    several questions at a time the new channel's opening overtook the answer, and the broker ended the connection
    (``second 'channel.open' seen``: in 7 of 90 rounds of 20 questions about queues that are not there).
    """
    driver = connection.transport.connection
    most = driver.connection_tune.channel_max or MOST_CHANNELS
    for _ in range(most):
        connection.last_number = connection.last_number % most + 1
        if connection.last_number not in driver.channels:
            return int(connection.last_number)
    raise ConnectionError(f"all {most} channels of the connection are in use")


class Connection(aio_pika.Connection):
    """aio-pika's, with channels of our own and a transport that it does not pass on to aiormq.

    Not its robust one. That restores what it remembers after a fixed pause, and whoever uses it in between waits.
    Here a Link fails at once or mends itself at once, and the owner of each thing restores it: a subscription its
    consumer, on a new channel and after a look at the queue; a publisher its declarations.
    """

    CHANNEL_CLASS = Channel

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.carrier = self._carrier()
        self.kwargs["transport_factory"] = self.carrier
        self.last_number = 0

    def _carrier(self) -> LenientTransport:
        return LenientTransport()

    @property
    def tap(self) -> Tap | None:
        return None

    def __del__(self) -> None:
        """Its Wire closes it. aio-pika would start a task for that, on the loop of whatever thread collects it."""


class TappedConnection(Connection):
    """One whose deliveries and confirms can be had without the driver."""

    def _carrier(self) -> LenientTransport:
        return TappedTransport()

    @property
    def tap(self) -> Tap | None:
        return self.carrier.tap if isinstance(self.carrier, TappedTransport) else None


class Wire:
    """One live connection. ``declared`` holds what is known to exist, and dies with it."""

    def __init__(self, connection: Connection) -> None:
        if connection.transport is None:
            raise ConnectionError("the connection was closed")
        self._connection = connection
        self._driver = connection.transport.connection
        self._idle: list[AbstractChannel] = []
        self._turn = asyncio.Semaphore(AT_A_TIME)
        self.declared: set[Hashable] = set()
        self.version_text, self.version = parse_version(self._driver.server_properties)

    @classmethod
    async def connected(cls, url: str, *, name: str, tapped: bool = False) -> Wire:
        kind = TappedConnection if tapped else Connection
        # No timeout here: aio-pika's would wait for a cancelled attempt to end, and Link has one that does not.
        return cls(await aio_pika.connect(url, client_properties={"connection_name": name}, connection_class=kind))

    @property
    def tap(self) -> Tap | None:
        """Where deliveries and confirms are had without the driver; None: they come by way of it."""
        return self._connection.tap

    @property
    def writer(self) -> asyncio.StreamWriter | None:
        """Where aiormq writes its frames, whole ones at a time."""
        return self._connection.carrier.writer

    @property
    def alive(self) -> bool:
        """Known at once; aio-pika's own ``connected`` and ``is_closed`` say it later, or never."""
        return self._driver.is_opened

    @property
    def blocked(self) -> bool:
        """Whether the broker has announced that it takes no messages on this connection."""
        # The driver only offers to wait for the end of it. A step into that wait tells, without waiting.
        waiting = self._driver.ready()
        try:
            waiting.send(None)
        except StopIteration:
            return False
        waiting.close()
        return True

    async def open_channel(self, *, confirms: bool = False) -> AbstractChannel:
        return await self._connection.channel(publisher_confirms=confirms, on_return_raises=confirms)

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[AbstractChannel]:
        """A channel for one operation. After an error it is not used again: the broker may be about to close it."""
        async with self._turn:
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
            await within(CLOSING, self._connection.close(ConnectionError("the connection was closed")))
        except DRIVER_ERRORS as exc:
            log.debug("RabbitMQ did not say goodbye: %s", exc)


async def discard(channel: AbstractChannel) -> None:
    if channel.is_closed:
        return
    try:
        # By way of aiormq, for aio-pika's close leaves a watch on the connection too.
        await within(CLOSING, (await channel.get_underlay_channel()).close())
    except DRIVER_ERRORS as exc:
        log.debug("A channel did not close: %s", exc)
