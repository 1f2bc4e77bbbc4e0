"""A TCP link that a test can cut, stall and slow down."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from urllib.parse import urlsplit

CHUNK = 65_536


class Proxy:
    """Listens on a port of 127.0.0.1 and passes bytes on to ``target``, in the state that was set last."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target, self._host, self._port = target, parts.hostname, parts.port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._refuses = False
        self._delay = 0.0

    @property
    def url(self) -> str:
        """The target's URL, by way of this proxy."""
        assert self._server is not None, "the proxy is not started"
        parts = urlsplit(self._target)
        user = parts.netloc.rpartition("@")[0]
        port = self._server.sockets[0].getsockname()[1]
        return parts._replace(netloc=f"{user}{'@' if user else ''}127.0.0.1:{port}").geturl()

    @property
    def open_links(self) -> int:
        return len(self._writers) // 2

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._flows.set()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self._drop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Reset every connection, and each new one at once."""
        self._refuses = True
        self._drop()

    def stall(self) -> None:
        """Pass nothing on; connections stay open, and new ones are accepted: a half-open link looks like this."""
        self._flows.clear()

    def slow(self, seconds: float) -> None:
        """Hold each piece back that long, in both directions."""
        self._delay = seconds

    def mend(self) -> None:
        self._refuses, self._delay = False, 0.0
        self._flows.set()

    def lead_to(self, target: str) -> None:
        """New connections go there, as when a name or an address moves; those that are open stay where they are."""
        parts = urlsplit(target)
        self._target, self._host, self._port = target, parts.hostname, parts.port

    def _drop(self) -> None:
        for writer in list(self._writers):
            # Without the rest of its buffer: a reset, not a goodbye.
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        for source, sink in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._pass(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """One direction, until either end closes; then the other end hears of it too."""
        try:
            while piece := await source.read(CHUNK):
                await self._flows.wait()
                if self._delay:
                    await asyncio.sleep(self._delay)
                sink.write(piece)
                await sink.drain()
        except OSError:
            pass  # a link that was cut, by the test or by an end; what remains is to close the other side
        finally:
            self._writers.discard(sink)
            with contextlib.suppress(OSError):
                sink.close()
