"""Keeps several worker processes, and says what becomes of them."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeAlias

from queueing.worker import reaping
from queueing.worker.burial import Forget, Undertaker
from queueing.worker.child import Child
from queueing.worker.slot import Slot, Unfit

log: Final = logging.getLogger("queueing.supervisor")

Changed: TypeAlias = Callable[[], bool]
"""Whether source files have changed since the last call."""


class Supervisor:
    """``command`` is started ``count`` times, each time with ``--lifeline`` and its end of a wire.

    SIGTERM and SIGINT: the children stop; the second time they hurry, the third time they die. SIGHUP: they are
    replaced one by one. SIGUSR1 and SIGQUIT: they show where they are. ``patience``: seconds from a child's first
    signal until it is killed.
    """

    def __init__(
        self,
        command: Sequence[str],
        count: int,
        *,
        forget: Forget,
        patience: float,
        changed: Changed | None = None,
        hangup_rolls: bool = True,
    ) -> None:
        self._command, self._patience, self._changed = list(command), patience, changed
        self._hangup_rolls = hangup_rolls
        self._stopping = asyncio.Event()
        self._children: set[Child] = set()
        self._undertaker = Undertaker(forget)
        self._slots = [
            Slot(f"Worker process {number} of {count}", self._start, self._undertaker, self._stopping)
            for number in range(1, count + 1)
        ]
        self._rolling: asyncio.Task[None] | None = None
        self._roll_wanted = False
        self._code = 0

    async def run(self) -> int:
        self._listen()
        helpers = [asyncio.create_task(helper) for helper in self._helpers()]
        try:
            await asyncio.gather(*map(self._keep, self._slots))
        finally:
            for helper in helpers:
                helper.cancel()
            await self._undertaker.close()
        return self._code

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number)
        for number in (signal.SIGUSR1, signal.SIGQUIT):
            loop.add_signal_handler(number, self._show)
        if self._hangup_rolls:
            loop.add_signal_handler(signal.SIGHUP, self._roll, "SIGHUP")
        else:
            loop.add_signal_handler(signal.SIGHUP, self._stop, signal.SIGTERM)

    def _helpers(self) -> list[Coroutine[Any, Any, None]]:
        helpers = [self._watch()] if self._changed else []
        return [*helpers, reaping.run(self._pids)] if os.getpid() == 1 else helpers

    async def _keep(self, slot: Slot) -> None:
        try:
            await slot.run()
        except Unfit:
            self._code = os.EX_CONFIG
            self._stop(signal.SIGTERM)
            await asyncio.gather(*(child.exited for child in self._children))

    async def _start(self) -> Child:
        child = await Child.start(self._command, patience=self._patience)
        self._children.add(child)
        child.exited.add_done_callback(lambda _: self._children.discard(child))
        if self._stopping.is_set():
            child.stop()  # the signal came while it was being started
        return child

    def _stop(self, number: signal.Signals) -> None:
        self._stopping.set()
        for child in self._children:
            child.stop(number)

    def _show(self) -> None:
        for child in self._children:
            child.signal(signal.SIGUSR1)

    def _roll(self, why: str) -> None:
        self._roll_wanted = True
        if self._rolling is not None and not self._rolling.done():
            log.info("%s: the worker processes are being replaced already, and will be once more.", why)
            return
        log.info("%s: replacing the worker processes one by one.", why)
        self._rolling = asyncio.create_task(self._roll_all())

    async def _roll_all(self) -> None:
        while self._roll_wanted and not self._stopping.is_set():
            self._roll_wanted = False
            for slot in self._slots:
                await slot.roll()

    def _pids(self) -> set[int]:
        return {child.pid for child in self._children}

    async def _watch(self) -> None:
        """For development: new code, new children."""
        while self._changed is not None:
            await asyncio.sleep(1.0)
            if await asyncio.to_thread(self._changed):
                self._roll("The code has changed")


def this_command() -> list[str]:
    """The command line that this process was started with, to start children with."""
    return [sys.executable, *sys.argv]
