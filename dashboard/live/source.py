from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeAlias, cast

from dashboard.live.hub import Mode
from queueing.domain.ports import JobStore
from queueing.domain.reading import Hint
from queueing.errors import LeveretError, NotificationsUnavailable

Bridge: TypeAlias = Callable[[Coroutine[Any, Any, None]], Coroutine[Any, Any, None]]
OnHint: TypeAlias = Callable[[Hint], None]
OnMode: TypeAlias = Callable[[Mode], None]

ALL = Hint(kind="all")
GATHER = 0.05
"""Seconds over which hints are gathered, so that a busy queue does not wake the web server for every job."""
MANY = 500
"""More different hints than this at once are one: look at everything."""
CHECK = 2.0
"""Seconds between two looks whether something changed that no hint told of."""
POLL = 1.0
"""Seconds between two looks where there are no hints at all."""
RETRY = 1.0
"""Seconds until a store that does not answer is asked again."""
HOPE = 60.0
"""Seconds after which a store without notifications is asked for them again: somebody may have switched them on."""


class StoreSource:
    """Follows a store, on the engine's loop, for a hub on the web server's."""

    def __init__(self, store: Callable[[], JobStore], bridge: Bridge) -> None:
        self._store, self._bridge = store, bridge

    async def follow(self, hint: OnHint, mode: OnMode) -> None:
        loop = asyncio.get_running_loop()

        def deliver(hints: frozenset[Hint]) -> None:
            for one in hints:
                hint(one)

        await self._bridge(
            self._pump(
                lambda hints: _call(loop, deliver, hints),
                lambda new: _call(loop, mode, new),
            )
        )

    async def _pump(self, deliver: Callable[[frozenset[Hint]], None], mode: OnMode) -> None:
        store, gathered = self._store(), Gathered(deliver)
        while True:
            try:
                await self._listen(store, gathered, mode)
            except NotificationsUnavailable:
                mode("polling")
                await self._poll(store, gathered, mode)
            except LeveretError:
                mode("blind")
                gathered.add(ALL)
                await asyncio.sleep(RETRY)

    async def _listen(self, store: JobStore, gathered: Gathered, mode: OnMode) -> None:
        """Hints as they come; besides, the sequence is watched: where it moved without any, some were lost."""
        await store.sequence()
        mode("live")
        gathered.add(ALL)
        await _until_one_fails(self._hints(store, gathered), self._check(store, gathered))

    async def _hints(self, store: JobStore, gathered: Gathered) -> None:
        async with aclosing(cast(Any, store.changes())) as changes:
            async for hint in changes:
                gathered.add(hint)

    async def _check(self, store: JobStore, gathered: Gathered) -> None:
        known, told = await store.sequence(), gathered.count
        while True:
            await asyncio.sleep(CHECK)
            now = await store.sequence()
            if now != known and gathered.count == told:
                gathered.add(ALL)
            known, told = now, gathered.count

    async def _poll(self, store: JobStore, gathered: Gathered, mode: OnMode) -> None:
        loop, known = asyncio.get_running_loop(), -1
        hope = loop.time() + HOPE
        while loop.time() < hope:
            try:
                now = await store.sequence()
            except LeveretError:
                mode("blind")
                gathered.add(ALL)
                known = -1
            else:
                mode("polling")
                if now != known:
                    gathered.add(ALL)
                known = now
            await asyncio.sleep(POLL)


class Gathered:
    """Hints of the last moment, each once."""

    def __init__(self, deliver: Callable[[frozenset[Hint]], None]) -> None:
        self._deliver = deliver
        self._hints: set[Hint] = set()
        self.count = 0
        """Hints added so far."""

    def add(self, hint: Hint) -> None:
        self.count += 1
        if not self._hints:
            asyncio.get_running_loop().call_later(GATHER, self._flush)
        if len(self._hints) < MANY:
            self._hints.add(hint)
        else:
            self._hints.add(ALL)

    def _flush(self) -> None:
        hints, self._hints = self._hints, set()
        self._deliver(frozenset({ALL}) if ALL in hints else frozenset(hints))


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[Any], None], value: Any) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(function, value)


async def _until_one_fails(*works: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
