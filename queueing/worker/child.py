"""One worker process, as its supervisor sees it."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Sequence
from typing import Final

from queueing.worker.lifeline import LIFE, READY, RETIRE

log: Final = logging.getLogger("queueing.supervisor")

LAST_WORDS: Final = 1.0
"""Seconds to read what a dead child had said. A forked grandchild may hold the wire open, so the end may not come."""
HURRY: Final = 20.0
"""Seconds that a child may take for its end after the second signal."""


class Child:
    """``patience``: seconds from the first signal until it is killed."""

    def __init__(self, process: asyncio.subprocess.Process, *, patience: float) -> None:
        self._process, self._patience = process, patience
        self._signals = 0
        self.began = 0.0
        """When its start was begun, by the loop's clock: it runs the code of then."""
        self._deadline: asyncio.TimerHandle | None = None
        self.lives: list[str] = []
        """Ids under which it may have taken jobs."""
        self.ready = asyncio.Event()
        self.replace = asyncio.Event()
        """It is to be followed by another one."""
        self.followed = asyncio.Event()
        """Another one has taken over."""
        self.exited: asyncio.Task[int]

    @classmethod
    async def start(cls, command: Sequence[str], *, patience: float) -> Child:
        began = asyncio.get_running_loop().time()
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *command, "--lifeline", str(theirs.fileno()), pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        child = cls(process, patience=patience)
        child.began = began
        reader, writer = await asyncio.open_connection(sock=ours)
        listening = asyncio.create_task(child._listen(reader))
        child.exited = asyncio.create_task(child._exit(listening, writer))
        return child

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def asked(self) -> bool:
        """Whether it has been told to stop."""
        return self._signals > 0

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """The first time: finish within the grace. The second: hand back at once. The third: die."""
        if self._process.returncode is not None:
            return
        self._signals += 1
        if self._signals > 2:
            self._kill("was told to stop three times")
            return
        self._process.send_signal(number)
        if self._deadline is not None:
            self._deadline.cancel()
        seconds = self._patience if self._signals == 1 else min(HURRY, self._patience)
        self._deadline = asyncio.get_running_loop().call_later(
            seconds, self._kill, f"did not stop within {seconds:g} s; it hangs in code that ignores signals"
        )

    def signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            self._process.send_signal(number)

    def _kill(self, why: str) -> None:
        if self._process.returncode is None:
            log.error("Worker process %d %s: killing it. Its jobs run again.", self.pid, why)
            self._process.kill()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            word, _, what = line.decode(errors="replace").strip().partition(" ")
            if word == LIFE:
                self.lives.append(what)
            elif word == READY:
                self.ready.set()
            elif word == RETIRE:
                log.info("Worker process %d %s: it is replaced.", self.pid, what)
                self.replace.set()

    async def _exit(self, listening: asyncio.Task[None], writer: asyncio.StreamWriter) -> int:
        code = await self._process.wait()
        if self._deadline is not None:
            self._deadline.cancel()
        await asyncio.wait([listening], timeout=LAST_WORDS)
        listening.cancel()
        writer.close()
        return code
