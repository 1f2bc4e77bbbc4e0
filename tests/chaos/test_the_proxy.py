"""The link that tests break does break, and mends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.chaos.proxy import Proxy
from tests.eventually import eventually


@pytest.fixture
async def echo() -> AsyncIterator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(100):
            writer.write(piece)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"redis://user:word@127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    server.close()


@pytest.fixture
async def proxy(echo: str) -> AsyncIterator[Proxy]:
    async with Proxy(echo) as proxy:
        yield proxy


class Line:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, text: bytes, *, timeout: float = 5.0) -> bytes:
        self.writer.write(text)
        return await asyncio.wait_for(self.reader.read(100), timeout)


@asynccontextmanager
async def connected(proxy: Proxy) -> AsyncIterator[Line]:
    port = int(proxy.url.rpartition(":")[2].partition("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield Line(reader, writer)
    writer.transport.abort()


async def test_it_passes_bytes_both_ways_and_keeps_the_rest_of_the_url(proxy: Proxy) -> None:
    async with connected(proxy) as line:
        assert await line.ask(b"hello") == b"hello"
        assert proxy.url.startswith("redis://user:word@127.0.0.1:")
        assert proxy.url.endswith("/0")
    await eventually(lambda: proxy.open_links == 0)


async def test_a_cut_resets_what_is_open_and_refuses_what_is_new_until_it_is_mended(proxy: Proxy) -> None:
    async with connected(proxy) as line:
        assert await line.ask(b"hello") == b"hello"
        proxy.cut()
        assert await hung_up(line)
    async with connected(proxy) as refused:
        assert await hung_up(refused)
    proxy.mend()
    async with connected(proxy) as again:
        assert await again.ask(b"again") == b"again"


async def hung_up(line: Line) -> bool:
    try:
        return await asyncio.wait_for(line.reader.read(100), 5) == b""
    except ConnectionError:
        return True


async def test_a_stall_holds_everything_and_loses_nothing(proxy: Proxy) -> None:
    async with connected(proxy) as line:
        assert await line.ask(b"hello") == b"hello"
        proxy.stall()
        with pytest.raises(TimeoutError):
            await line.ask(b"held", timeout=0.3)
        proxy.mend()
        assert await asyncio.wait_for(line.reader.read(100), 5) == b"held"


async def test_a_slow_link_holds_each_piece_back_in_both_directions(proxy: Proxy) -> None:
    async with connected(proxy) as line:
        proxy.slow(0.1)
        began = time.monotonic()
        assert await line.ask(b"hello") == b"hello"
        assert time.monotonic() - began >= 0.2
