"""One connection that carries many calls at a time: the way of the hot scripts.

The driver's client spends 40 µs of the processor on a call: a connection from its pool, timers, retries, a buffer, a
coroutine for each of these. A round trip itself takes 9. So the driver connects (address, TLS, user, database), and
then its transport is ours: hiredis packs what goes out and reads what comes in, in the order in which it was asked.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

import hiredis
from redis import exceptions as driver
from redis._parsers import BaseParser

from queueing.adapters.redis.demotion import demoted

Arg: TypeAlias = str | bytes | int | float

PAUSE: Final = 0.05
"""Seconds before a call that failed on its connection is tried once more; as for the driver's own."""
CLOSING: Final = 1.0
"""Seconds that a connection gets to close."""
CLOSED: Final = "the handler is closed"
"""How uvloop says, instead of a ConnectionError, that the peer was gone before the write."""
GONE: Final = (OSError, driver.ConnectionError)
_MORE: Final = object()


class _Asked(NamedTuple):
    answer: asyncio.Future[Any]
    by: float
    """When it is too late, by the loop's clock."""


class Wire(asyncio.Protocol):
    """One live connection. Answers come in the order of the questions, so whoever is too late ends it for all."""

    def __init__(self, connection: Any, *, timeout: float, on_demotion: Callable[[], None] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._connection, self._timeout, self._on_demotion = connection, timeout, on_demotion
        self._reader = hiredis.Reader(
            protocolError=driver.InvalidResponse, replyError=BaseParser.parse_error, notEnoughData=_MORE
        )
        self._asked = deque[_Asked]()
        self._watch: asyncio.TimerHandle | None = None
        self._gone = self._left = False
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._transport: asyncio.Transport = connection._writer.transport
        self._transport.set_protocol(self)

    @property
    def usable(self) -> bool:
        return not self._gone and not self._left and self._loop is asyncio.get_running_loop()

    def ask(self, request: bytes) -> asyncio.Future[Any]:
        """The answer, or what the server says instead; TimeoutError, or the driver's ConnectionError."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        if self._gone:
            answer.set_exception(driver.ConnectionError("the connection was closed"))
            return answer
        self._asked.append(_Asked(answer, self._loop.time() + self._timeout))
        if self._watch is None:
            self._watch = self._loop.call_later(self._timeout, self._look)
        try:
            self._transport.write(request)
        except Exception as exc:
            # Was it written, in part? From here on nobody could tell whose an answer is.
            self._end(driver.ConnectionError(str(exc)))
            if not isinstance(exc, RuntimeError) or CLOSED not in str(exc):
                answer.exception()
                raise
        return answer

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not _MORE:
                self._tell(reply)
        except (driver.InvalidResponse, IndexError) as exc:
            self._end(driver.ConnectionError(f"the server does not speak as Redis does: {exc}"))

    def _tell(self, reply: Any) -> None:
        answer = self._asked.popleft().answer
        refused = isinstance(reply, Exception)
        if refused and (told := demoted(reply)):
            reply = told
            self._leave()
        if answer.done():
            pass
        elif refused:
            answer.set_exception(reply)
        else:
            answer.set_result(reply)
        if self._left and not self._asked:
            self._end(driver.ConnectionError("the server is not the primary"))

    def _leave(self) -> None:
        """Nothing more is asked here. What was asked already is answered, and so need not be asked twice."""
        if not self._left and self._on_demotion is not None:
            self._on_demotion()
        self._left = True

    def _look(self) -> None:
        """One timer for all: the oldest question is the first to be late."""
        self._watch = None
        if not self._asked:
            return
        left = self._asked[0].by - self._loop.time()
        if left > 0:
            self._watch = self._loop.call_later(left, self._look)
        else:
            self._end(driver.ConnectionError("a call before this one was not answered in time"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(driver.ConnectionError(str(exc or "the server closed the connection")))
        if not self._closed.done():
            self._closed.set_result(None)

    def _end(self, cause: Exception) -> None:
        if self._gone:
            return
        self._gone = True
        if self._watch is not None:
            self._watch.cancel()
        now = self._loop.time()
        for asked in self._asked:
            if not asked.answer.done():
                asked.answer.set_exception(TimeoutError() if asked.by <= now else cause)
        self._asked.clear()
        self._transport.abort()
        # The driver's object would warn that it was never closed.
        self._connection._reader = self._connection._writer = None

    async def close(self) -> None:
        if self._loop.is_closed():
            # Nobody waits, and the transport, which cannot even be aborted, ends with the last reference to it.
            self._gone = True
            return
        self._end(driver.ConnectionError("the connection was closed"))
        if self._loop is asyncio.get_running_loop():
            await asyncio.wait([self._closed], timeout=CLOSING)


class Lane:
    """A wire that is made when it is needed, and made anew when it is gone. Belongs to one event loop at a time.

    ``on_demotion`` is told of a server that says it is not, or not now, the primary."""

    def __init__(self, pool: Any, *, timeout: float, on_demotion: Callable[[], None] | None = None) -> None:
        self._pool, self._timeout, self._on_demotion = pool, timeout, on_demotion
        self._wire: Wire | None = None
        self._dialing: asyncio.Task[Wire] | None = None

    async def call(self, *command: Arg) -> Any:
        """Within ``timeout`` seconds. A call that fails on its connection is tried once more, and so is one that a
        server does not take because it is not the primary.

        Raises TimeoutError, OSError, or what the driver has for it.
        """
        request = hiredis.pack_command(command)  # type: ignore[arg-type]  # its stub knows only commands of one word
        wire = self._wire
        if wire is None or not wire.usable:
            async with asyncio.timeout(self._timeout):
                return await (await self._dialed()).ask(request)
        by = asyncio.get_running_loop().time() + self._timeout
        try:
            return await wire.ask(request)
        except GONE:
            async with asyncio.timeout_at(by):
                await asyncio.sleep(PAUSE)
                return await (await self._dialed()).ask(request)

    async def _dialed(self) -> Wire:
        """All who wait share one attempt."""
        if self._wire is not None and self._wire.usable:
            return self._wire
        loop = asyncio.get_running_loop()
        if self._dialing is None or self._dialing.done() or self._dialing.get_loop() is not loop:
            self._dialing = loop.create_task(self._dial())
            self._dialing.add_done_callback(_retrieve)
        dialing = self._dialing
        await asyncio.wait([dialing])
        if dialing.cancelled():
            raise driver.ConnectionError("the connection was closed")
        return dialing.result()

    async def _dial(self) -> Wire:
        connection = self._pool.make_connection()
        await connection.connect()
        self._wire = Wire(connection, timeout=self._timeout, on_demotion=self._on_demotion)
        return self._wire

    async def close(self) -> None:
        dialing, self._dialing = self._dialing, None
        if dialing is not None and dialing.get_loop() is asyncio.get_running_loop():
            dialing.cancel()
            await asyncio.wait([dialing])
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()


def _retrieve(task: asyncio.Task[Wire]) -> None:
    """For the case that nobody waits for it any more."""
    if not task.cancelled():
        task.exception()
