"""Keeps several worker processes, and says what becomes of them."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

log: Final = logging.getLogger("queueing.supervisor")

Bury: TypeAlias = Callable[[int], Awaitable[None]]
"""Told the process id of a child that died, so that its jobs can be claimed at once."""

Changed: TypeAlias = Callable[[], bool]
"""Whether source files have changed since the last call."""

STEADY: Final = 30.0
"""Seconds of life after which a child counts as healthy, and its next death as its first."""
LONGEST: Final = 30.0


class Supervisor:
    """``command`` is started ``count`` times; each child gets the reading end of a pipe as its lifeline."""

    def __init__(self, command: Sequence[str], count: int, *, bury: Bury, changed: Changed | None = None) -> None:
        self._command, self._count, self._bury, self._changed = list(command), count, bury, changed
        self._children: set[asyncio.subprocess.Process] = set()
        self._stopping = asyncio.Event()
        self._code = 0

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._forward, number)
        watcher = asyncio.create_task(self._watch()) if self._changed else None
        try:
            await asyncio.gather(*(self._keep(slot) for slot in range(self._count)))
        finally:
            if watcher is not None:
                watcher.cancel()
        return self._code

    def _give_up(self, code: int) -> None:
        """A child that cannot work says why; another one could not either."""
        self._code = code
        self._stopping.set()
        self._signal(signal.SIGTERM)

    def _forward(self, number: signal.Signals) -> None:
        """The first signal asks the children to stop, the second to hurry, as it does a single worker."""
        self._stopping.set()
        self._signal(number)

    def _signal(self, number: signal.Signals) -> None:
        for child in self._children:
            if child.returncode is None:
                child.send_signal(number)

    async def _keep(self, slot: int) -> None:
        """One child after another in this slot, until the end is asked for."""
        loop = asyncio.get_running_loop()
        crashes = 0
        while not self._stopping.is_set():
            born = loop.time()
            code = await self._live()
            if self._stopping.is_set():
                return
            if code in (0, -signal.SIGTERM):
                continue  # asked to end, perhaps before it could say so itself: no crash
            if code == os.EX_CONFIG:
                self._give_up(code)
                return
            crashes = 1 if loop.time() - born > STEADY else crashes + 1
            pause = min(LONGEST, 0.5 * 2 ** (crashes - 1))
            log.error(
                "Worker process %d of %d %s. A new one starts in %.1f s.", slot + 1, self._count, death(code), pause
            )
            await self._pause(pause)

    async def _live(self) -> int:
        lifeline, held = os.pipe()
        try:
            child = await asyncio.create_subprocess_exec(
                *self._command, "--lifeline", str(lifeline), pass_fds=[lifeline], stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(lifeline)
        self._children.add(child)
        if self._stopping.is_set():
            child.send_signal(signal.SIGTERM)  # the signal came while it was being started
        try:
            code = await child.wait()
        finally:
            self._children.discard(child)
            os.close(held)
        if code != 0:
            await self._bury(child.pid)
        return code

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _watch(self) -> None:
        """For development: new code, new children."""
        while self._changed is not None:
            await asyncio.sleep(1.0)
            if await asyncio.to_thread(self._changed):
                log.info("The code has changed: restarting.")
                self._signal(signal.SIGTERM)


def death(code: int) -> str:
    """A return code in words."""
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        more = " (out of memory, perhaps)" if -code == signal.SIGKILL else ""
        return f"was killed by {name}{more}"
    return f"ended with exit code {code}"


def this_command() -> list[str]:
    """The command line that this process was started with, to start children with."""
    return [sys.executable, *sys.argv]
