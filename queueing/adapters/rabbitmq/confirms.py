"""A channel in confirm mode."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from aiormq.abc import AbstractChannel, ChannelFrame

CHUNK: Final = 65_536
"""Bytes written at once before the socket must have taken them."""


class Envelope(NamedTuple):
    message_id: str
    frames: bytes


Answer = asyncio.Future[Any]
"""Resolves when the broker confirms; else raises aiormq's PublishError (returned), DeliveryError (refused), or what
closed the channel."""


class ConfirmChannel:
    """Numbers messages and gives each a future that the broker's answer resolves.

    aiormq's own ``basic_publish`` takes a task and a turn of the channel's lock for each message; here a batch is one
    write. Its reader still keeps the book: it looks up ``confirmations`` by number, and ``message_id_delivery_tag``
    for what is returned. So an id must not be in flight twice.
    """

    def __init__(self, channel: AbstractChannel) -> None:
        self._channel: Any = channel
        self._turn = asyncio.Lock()
        self._pending: set[asyncio.Future[Any]] = set()
        self.in_flight: dict[str, Answer] = {}
        self.number: int = channel.number
        self.frame_max: int = self._channel.connection.connection_tune.frame_max
        channel.closing.add_done_callback(self._on_close)

    @property
    def usable(self) -> bool:
        return not self._channel.is_closed

    async def send(self, envelopes: Sequence[Envelope], answers: list[Answer]) -> None:
        """Write all, in order, and append to ``answers`` a future for each that is written.

        Raises ConnectionError when the channel has gone.
        """
        chunks = _chunks(envelopes)
        # The broker counts what it reads, so numbers must be given in the order of writing.
        async with self._turn:
            for chunk in chunks:
                twins = [self.in_flight[e.message_id] for e in chunk if e.message_id in self.in_flight]
                if twins:
                    await asyncio.wait(twins)
                if not self.usable:
                    raise ConnectionError("the channel was closed")
                await self._write(chunk, answers, drain=len(chunks) > 1)

    async def _write(self, chunk: list[Envelope], answers: list[Answer], *, drain: bool) -> None:
        registered = [self._register(envelope.message_id) for envelope in chunk]
        taken = self._future() if drain else None
        payload = b"".join(envelope.frames for envelope in chunk)
        try:
            await self._channel.write_queue.put(ChannelFrame(payload, should_close=False, drain_future=taken))
        except asyncio.CancelledError:
            # Nothing was written: give the numbers back, or every later answer is taken for another message's.
            for answer in registered:
                self._channel.confirmations.pop(self._channel.delivery_tag)
                self._channel.delivery_tag -= 1
                answer.cancel()
            raise
        answers += registered
        if taken is not None:
            await taken

    def _register(self, message_id: str) -> Answer:
        channel = self._channel
        channel.delivery_tag += 1
        answer = self._future()
        channel.confirmations[channel.delivery_tag] = answer
        channel.message_id_delivery_tag[message_id] = channel.delivery_tag
        self.in_flight[message_id] = answer
        answer.add_done_callback(lambda _: self._forget(message_id))
        return answer

    def _forget(self, message_id: str) -> None:
        self.in_flight.pop(message_id, None)
        self._channel.message_id_delivery_tag.pop(message_id, None)

    def _future(self) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._pending.add(future)
        future.add_done_callback(self._settled)
        return future

    def _settled(self, future: asyncio.Future[Any]) -> None:
        self._pending.discard(future)
        if not future.cancelled():
            # Read here, for a publish that was given up does not come for it.
            future.exception()

    def _on_close(self, closing: asyncio.Future[Any]) -> None:
        cause = None if closing.cancelled() else closing.exception()
        if not isinstance(cause, Exception):
            cause = ConnectionError("the connection was closed")
        for future in tuple(self._pending):
            if not future.done():
                future.set_exception(cause)


def _chunks(envelopes: Sequence[Envelope]) -> list[list[Envelope]]:
    chunks: list[list[Envelope]] = []
    size, ids = CHUNK, set[str]()
    for envelope in envelopes:
        if size >= CHUNK or envelope.message_id in ids:
            chunks.append([])
            size, ids = 0, set()
        chunks[-1].append(envelope)
        size += len(envelope.frames)
        ids.add(envelope.message_id)
    return chunks
