"""The fast lane: a connection's bytes on their way to aiormq, less what is ours.

aiormq asks its transport factory for a reader. Ours takes whole deliveries and confirms out of each piece the socket
gives, before they reach the buffer that aiormq reads frame by frame, and hands them over at once. aiormq still makes
and ends everything: connection, channels, consumers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from aiormq.exceptions import AMQPConnectionError

from queueing.adapters.rabbitmq.leniency import LenientReader, LenientTransport
from queueing.adapters.rabbitmq.splitter import END, HEARTBEAT, OVERHEAD, Closed, Splitter, Taken

log = logging.getLogger(__name__)

BEAT: Final = 1.0
"""Seconds that aiormq sees nothing, while something comes, until it is shown a heartbeat."""
A_HEARTBEAT: Final = bytes([HEARTBEAT, *[0] * (OVERHEAD - 2), END])
BUFFER: Final = 1 << 16
"""Bytes; asyncio's own."""

OnTaken: TypeAlias = Callable[[Taken], None]


class Tap:
    """What is taken from one connection, and who gets it. Whatever belongs to a channel goes with it: its end is the
    last that is told, and then its number is free for another."""

    def __init__(self) -> None:
        self._splitter = Splitter()
        self._listeners: dict[int, OnTaken] = {}

    def consume(self, channel: int, listener: OnTaken) -> None:
        """From now on ``listener`` gets what is taken on that channel: deliveries to consumers that ``follow`` names,
        and the end. It is called as the bytes come in, ahead of whatever aiormq makes of those before them."""
        self._listeners[channel] = listener
        self._splitter.consumers[channel] = set()

    def follow(self, channel: int, consumer: str) -> None:
        """Take that consumer's deliveries; to be said before it begins. Of a channel that has ended, nothing."""
        if channel in self._splitter.consumers:
            self._splitter.consumers[channel].add(consumer.encode())

    def confirm(self, channel: int, listener: OnTaken) -> None:
        """The same of a channel's confirms and returns."""
        self._listeners[channel] = listener
        self._splitter.confirming.add(channel)

    @property
    def busy(self) -> bool:
        return bool(self._listeners)

    def feed(self, data: bytes) -> bytes:
        """What aiormq is to see; the rest has been handed over."""
        passed, taken = self._splitter.feed(data)
        for each in taken:
            self._tell(each)
        return passed

    def flush(self) -> bytes:
        return self._splitter.flush()

    def _tell(self, taken: Taken) -> None:
        channel = taken.channel
        listener = self._listeners.pop(channel) if isinstance(taken, Closed) else self._listeners[channel]
        try:
            listener(taken)
        except Exception:
            # As aiormq does where a consumer raises: neither the connection nor what others get is to suffer for it.
            log.exception("What came on channel %d could not be taken in.", channel)


class _TappedReader(asyncio.StreamReader):
    def __init__(self, tap: Tap, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=BUFFER, loop=loop)
        self._tap, self._clock = tap, loop.time
        self._shown = loop.time()

    def feed_data(self, data: Any) -> None:
        passed = self._tap.feed(data)
        if passed:
            self._shown = self._clock()
            super().feed_data(passed)
        elif self._tap.busy and self._clock() - self._shown > BEAT:
            # aiormq gives a connection up on which it sees nothing; and the broker, having spoken, sends no heartbeat.
            self._shown = self._clock()
            super().feed_data(A_HEARTBEAT)

    def feed_eof(self) -> None:
        if rest := self._tap.flush():
            super().feed_data(rest)
        super().feed_eof()


class TappedTransport(LenientTransport):
    """For one connection."""

    def __init__(self) -> None:
        self.tap = Tap()

    async def create(self, url: Any, **kwargs: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        tls = kwargs.pop("ssl_context_provider")
        loop = asyncio.get_running_loop()
        self.tap = Tap()
        reader = _TappedReader(self.tap, loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        ssl = await tls.get_context() if url.scheme == "amqps" else None
        try:
            transport, _ = await loop.create_connection(lambda: protocol, url.host, url.port, ssl=ssl, **kwargs)
        except OSError as exc:
            raise AMQPConnectionError(*exc.args) from exc
        self.writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        return LenientReader(reader), self.writer  # type: ignore[return-value]
