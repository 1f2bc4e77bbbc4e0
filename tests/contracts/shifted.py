"""A store whose time a test can move: its scripts add what the test says to the server's clock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import cast

import pytest
from redis.asyncio import Redis

from queueing.adapters.redis import connection, scripts
from queueing.adapters.redis.base import Part
from queueing.domain.ports import JobStore

CLOCK = "local clock = redis.call('TIME')\n"
SHIFT = "clock[1] = clock[1] + tonumber(redis.call('GET', KEYS[1] .. 'ahead') or 0)\n"


@cache
def _shifted(name: str) -> scripts.Script:
    text = scripts.script(name).text
    assert CLOCK in text
    text = text.replace(CLOCK, CLOCK + SHIFT)
    return scripts.Script(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


@contextmanager
def movable_clock() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "script", _shifted)
        yield


async def set_clock(store: JobStore, *, ahead: float) -> None:
    """Seconds of the server's own. What has a time to live keeps it."""
    part = cast(Part, store)
    await part._connection.call("SET", part._keys("ahead"), round(ahead))


async def move_clock(client: Redis, base: str, *, ahead: int, by: int) -> None:
    """``ahead`` seconds of the server's own, which is ``by`` further than it was: what has a time to live has less."""
    await client.set(f"{base}ahead", ahead)
    async for key in client.scan_iter(match=f"{base}*", count=1000):
        left = await client.pttl(key)
        if left > 0:
            await client.pexpire(key, max(1, left - by * 1000))
            if left <= by * 1000:
                await client.delete(key)
