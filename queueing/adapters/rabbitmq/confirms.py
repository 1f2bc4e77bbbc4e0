"""A channel in confirm mode."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any, Final, NamedTuple

from aiormq.abc import AbstractChannel, ChannelFrame

from queueing.adapters.rabbitmq.properties import read
from queueing.adapters.rabbitmq.splitter import Confirmed, Returned, Taken
from queueing.adapters.rabbitmq.tap import Tap

CHUNK: Final = 65_536
"""Bytes written at once before the socket must have taken them."""


class Envelope(NamedTuple):
    message_id: str
    frames: bytes


class Unroutable(Exception):
    """No queue took it; the broker has given it back."""


class Refused(Exception):
    """The broker has not stored it."""


class Answer:
    """What the broker says of one message. Told as a future is told, for on the plain lane it is aiormq that tells;
    but with one thing to wait for a batch, which is what costs."""

    __slots__ = ("_batch", "_done", "_error", "_forget", "message_id")

    def __init__(self, message_id: str, batch: Batch, forget: Callable[[str], None]) -> None:
        self.message_id, self._batch, self._forget = message_id, batch, forget
        self._done = False
        self._error: BaseException | None = None

    @property
    def batch(self) -> Batch:
        return self._batch

    def done(self) -> bool:
        return self._done

    def cancelled(self) -> bool:
        return False

    def exception(self) -> BaseException | None:
        """Why it is not stored, as aiormq's PublishError (returned) or DeliveryError (refused), Unroutable, Refused, or
        what closed the channel; None: it is."""
        return self._error

    def set_result(self, _: object) -> None:
        self._settle(None)

    def set_exception(self, error: BaseException) -> None:
        self._settle(error)

    def _settle(self, error: BaseException | None) -> None:
        if not self._done:
            self._done, self._error = True, error
            self._forget(self.message_id)
            self._batch.count()


class Batch:
    """Messages sent together, in order."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        """Of those that were written."""
        self._unanswered = 0
        self._waiting: list[asyncio.Future[None]] = []

    def open(self, message_id: str, forget: Callable[[str], None]) -> Answer:
        self._unanswered += 1
        return Answer(message_id, self, forget)

    def count(self) -> None:
        self._unanswered -= 1
        if not self._unanswered:
            for future in self._waiting:
                if not future.done():
                    future.set_result(None)
            self._waiting.clear()

    async def answered(self) -> None:
        """Until all that were opened are answered."""
        if self._unanswered:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            await future


class ConfirmChannel:
    """Numbers messages and finds the answer to each.

    aiormq's own ``basic_publish`` takes a task and a turn of the channel's lock for each message; here a batch is one
    write. The book is aiormq's: ``confirmations`` by number, and ``message_id_delivery_tag`` for what is returned. So
    an id must not be in flight twice. With a ``tap`` we read it ourselves; what the tap lets pass is aiormq's still.

    ``writer`` is what aiormq writes whole frames to, in a task of its own. While nothing waits for that task,
    a lone message goes there without a turn of it.
    """

    def __init__(
        self, channel: AbstractChannel, *, tap: Tap | None = None, writer: asyncio.StreamWriter | None = None
    ) -> None:
        self._channel: Any = channel
        self._writer = writer
        self._turn = asyncio.Lock()
        self._draining: set[asyncio.Future[Any]] = set()
        self._in_flight: dict[str, Answer] = {}
        self.number: int = channel.number
        self.frame_max: int = self._channel.connection.connection_tune.frame_max
        if tap is not None:
            tap.confirm(self.number, self._on_taken)
        channel.closing.add_done_callback(self._on_close)

    @property
    def usable(self) -> bool:
        return not self._channel.is_closed

    async def send(self, envelopes: Sequence[Envelope], batch: Batch) -> None:
        """Write all, in order; ``batch`` has an answer for each that is written.

        Raises ConnectionError when the channel has gone.
        """
        if len(envelopes) == 1 and (writer := self._free_writer(envelopes[0])) is not None:
            batch.answers.append(self._register(envelopes[0].message_id, batch))
            writer.write(envelopes[0].frames)
            return
        chunks = _chunks(envelopes)
        # The broker counts what it reads, so numbers must be given in the order of writing.
        async with self._turn:
            for chunk in chunks:
                for twin in [self._in_flight[e.message_id] for e in chunk if e.message_id in self._in_flight]:
                    await twin.batch.answered()
                if not self.usable:
                    raise ConnectionError("the channel was closed")
                await self._write(chunk, batch, drain=len(chunks) > 1)

    def _free_writer(self, envelope: Envelope) -> asyncio.StreamWriter | None:
        """What may be written to at once; None: others are before it, or it is too much."""
        writer = self._writer
        if writer is None or writer.is_closing() or not self.usable:
            return None
        if self._turn.locked() or not self._channel.write_queue.empty() or envelope.message_id in self._in_flight:
            return None
        return writer if len(envelope.frames) + writer.transport.get_write_buffer_size() < CHUNK else None

    async def _write(self, chunk: list[Envelope], batch: Batch, *, drain: bool) -> None:
        registered = [self._register(envelope.message_id, batch) for envelope in chunk]
        taken = self._drained() if drain else None
        payload = b"".join([envelope.frames for envelope in chunk])
        try:
            await self._channel.write_queue.put(ChannelFrame(payload, should_close=False, drain_future=taken))
        except asyncio.CancelledError as cancelled:
            # Nothing was written: give the numbers back, or every later answer is taken for another message's.
            for answer in registered:
                self._channel.confirmations.pop(self._channel.delivery_tag)
                self._channel.delivery_tag -= 1
                answer.set_exception(cancelled)
            raise
        batch.answers += registered
        if taken is not None:
            await taken

    def _register(self, message_id: str, batch: Batch) -> Answer:
        channel = self._channel
        channel.delivery_tag += 1
        answer = batch.open(message_id, self._forget)
        channel.confirmations[channel.delivery_tag] = answer
        channel.message_id_delivery_tag[message_id] = channel.delivery_tag
        self._in_flight[message_id] = answer
        return answer

    def _forget(self, message_id: str) -> None:
        self._in_flight.pop(message_id, None)
        self._channel.message_id_delivery_tag.pop(message_id, None)

    def _on_taken(self, taken: Taken) -> None:
        match taken:
            case Confirmed():
                for answer in self._answers(taken):
                    # One that was returned is answered already.
                    answer.set_exception(Refused()) if taken.refused else answer.set_result(None)
            case Returned():
                number = self._channel.message_id_delivery_tag.get(read(taken.header).message_id)
                if number in self._channel.confirmations:
                    self._channel.confirmations[number].set_exception(Unroutable())

    def _answers(self, confirmed: Confirmed) -> list[Answer]:
        """Those that it covers. What waits is in the order of its numbers."""
        book = self._channel.confirmations
        if not confirmed.multiple:
            return [book.pop(confirmed.tag)] if confirmed.tag in book else []
        covered = list(takewhile(lambda number: number <= confirmed.tag, book))
        return [book.pop(number) for number in covered]

    def _drained(self) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._draining.add(future)
        future.add_done_callback(self._draining.discard)
        return future

    def _on_close(self, closing: asyncio.Future[Any]) -> None:
        cause = None if closing.cancelled() else closing.exception()
        if not isinstance(cause, Exception):
            cause = ConnectionError("the connection was closed")
        for answer in tuple(self._in_flight.values()):
            answer.set_exception(cause)
        for future in tuple(self._draining):
            if not future.done():
                future.set_exception(cause)
                # Read here, for a publish that was given up does not come for it.
                future.exception()


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
