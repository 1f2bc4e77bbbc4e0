"""One place for a worker process, kept filled."""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from queueing.worker.burial import Undertaker
from queueing.worker.child import Child
from queueing.worker.deaths import death, oom_kills

log: Final = logging.getLogger("queueing.supervisor")

Start: TypeAlias = Callable[[], Awaitable[Child]]

STEADY: Final = 30.0
"""Seconds of life after which a child counts as healthy, and its next death as its first."""
FIRST: Final = 0.5
LONGEST: Final = 30.0
"""Seconds before a new start."""
READY: Final = 60.0
"""Seconds that a successor may take until it consumes. Then it takes over all the same: it may wait for a server."""


class Unfit(Exception):
    """A child says that it cannot work until somebody changes something; another one could not either."""


class Slot:
    def __init__(self, label: str, start: Start, undertaker: Undertaker, stopping: asyncio.Event) -> None:
        self._label, self._start, self._undertaker, self._stopping = label, start, undertaker, stopping
        self._child: Child | None = None
        self._changing = asyncio.Lock()
        """Held from the start of a child until it is the present one."""
        self._crashes = 0
        self._leaving: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """One child after another until the end is asked for; returns when all have ended. Raises Unfit."""
        while not self._stopping.is_set():
            async with self._changing:
                self._child = await self._start()
            await self._attend()
        if self._leaving:
            await asyncio.wait(self._leaving)

    async def roll(self) -> None:
        """Replace the present child, or the one that is being started now; returns when one that was started later
        has taken over, or will be started anyway."""
        asked = asyncio.get_running_loop().time()
        while (old := await self._present()) is not None and old.began <= asked:
            old.replace.set()
            await _first(old.followed, old.exited, self._stopping)

    async def _present(self) -> Child | None:
        """None where it has ended, and at the end of all."""
        async with self._changing:
            child = self._child
        return None if child is None or child.exited.done() or self._stopping.is_set() else child

    async def _attend(self) -> None:
        """Until the slot is empty: the child has ended, and so have those that replaced it."""
        began = asyncio.get_running_loop().time()
        kills = oom_kills()
        while (child := self._child) is not None:
            await _first(child.exited, child.replace, self._stopping)
            if child.exited.done() or self._stopping.is_set():
                await self._after(child, began, kills)
                return
            async with self._changing:
                replaced = await self._replaced(child)
            if replaced:
                began, kills = asyncio.get_running_loop().time(), oom_kills()

    async def _replaced(self, old: Child) -> bool:
        """The new one first, so that capacity does not dip. If it dies before it works, the old one stays."""
        new = await self._start()
        try:
            await asyncio.wait_for(_first(new.exited, new.ready, old.exited, self._stopping), READY)
        except TimeoutError:
            log.warning("%s: the new process %d is not ready after %g s; it takes over.", self._label, new.pid, READY)
        if new.exited.done() and not self._stopping.is_set():
            code = new.exited.result()
            self._bury(new, code)
            pause = self._pause()
            log.error(
                "%s: the new process %s before it was ready, so the old one stays. Another one starts in %.1f s.",
                self._label, death(code), pause,
            )  # fmt: skip
            await self._wait(pause, old.exited)
            return False
        self._child, self._crashes = new, 0
        old.followed.set()
        self._leave(old)
        return True

    def _leave(self, old: Child) -> None:
        if not self._stopping.is_set():
            old.stop()
        task = asyncio.create_task(self._farewell(old))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _farewell(self, old: Child) -> None:
        code = await old.exited
        self._bury(old, code)
        if not old.asked:
            log.error("%s %s while it was being replaced.", self._label, death(code))

    async def _after(self, child: Child, began: float, kills: int) -> None:
        code = await child.exited
        self._bury(child, code)
        if self._stopping.is_set() or child.asked:
            return
        if code == os.EX_CONFIG:
            raise Unfit
        lived = asyncio.get_running_loop().time() - began
        if code == 0 and lived > FIRST:
            log.info("%s ended as it was told to. A new one starts.", self._label)
            return
        if lived > STEADY:
            self._crashes = 0
        pause = self._pause()
        reason = death(code, oom_kills=oom_kills() - kills)
        log.error("%s %s. A new one starts in %.1f s.", self._label, reason, pause)
        await self._wait(pause)

    def _bury(self, child: Child, code: int) -> None:
        if code != 0:  # else it has signed off itself
            self._undertaker.bury(child.lives)

    def _pause(self) -> float:
        self._crashes += 1
        # Jitter, so that workers which one cause has killed do not come back as one.
        return min(LONGEST, FIRST * 2.0 ** (self._crashes - 1)) * random.uniform(0.5, 1.0)  # noqa: S311

    async def _wait(self, seconds: float, *also: asyncio.Task[int]) -> None:
        try:
            await asyncio.wait_for(_first(self._stopping, *also), seconds)
        except TimeoutError:
            return


async def _first(*things: asyncio.Event | asyncio.Task[int]) -> None:
    """Wait for any of them."""
    waits = [asyncio.create_task(thing.wait()) for thing in things if isinstance(thing, asyncio.Event)]
    try:
        await asyncio.wait([*waits, *(t for t in things if isinstance(t, asyncio.Task))], return_when="FIRST_COMPLETED")
    finally:
        for wait in waits:
            wait.cancel()
