"""Processes of a test: started, killed, restarted, and gone when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import socket
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from pathlib import Path

import msgspec

from queueing.domain.ports import JobStore
from tests.acceptance.project import ROOT
from tests.chaos.ledger import DIED, Pen
from tests.chaos.setup import Setup
from tests.eventually import eventually

END_TIMEOUT = 30.0


class Child:
    """One process with a lifeline: it is told when the test is gone, and stops."""

    def __init__(self, process: asyncio.subprocess.Process, held: socket.socket, log: Path) -> None:
        self.process, self._held, self._log = process, held, log

    @classmethod
    async def start(
        cls, setup: Setup, module: str, *arguments: str, log: Path, environment: dict[str, str] | None = None,
        talks: bool = False,
    ) -> Child:  # fmt: skip
        """``talks``: it reads orders, and its output is for the test rather than for the log."""
        held, lifeline = socket.socketpair()
        with lifeline, log.open("ab") as out:
            stdin, stdout = (PIPE, PIPE) if talks else (DEVNULL, out)
            process = await asyncio.create_subprocess_exec(
                *msgspec.structs.replace(setup, lifeline=lifeline.fileno()).command(module, *arguments),
                cwd=ROOT, env=os.environ | (environment or {}), stdin=stdin, stdout=stdout, stderr=out,
                pass_fds=[lifeline.fileno()], start_new_session=True,
            )  # fmt: skip
        return cls(process, held, log)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    async def end(self, number: signal.Signals = signal.SIGTERM, *, timeout: float = END_TIMEOUT) -> int:
        """Send the signal and wait; one that does not end in time is killed, and that is an error."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        try:
            return await self.ended(timeout=timeout)
        except TimeoutError:
            self.process.kill()
            await self.ended(timeout=timeout)
            raise AssertionError(f"{self.pid} did not end within {timeout:g} s:\n{self.output[-2000:]}") from None

    async def ended(self, *, timeout: float) -> int:
        code = await asyncio.wait_for(self.process.wait(), timeout)
        self._held.close()
        return code


class Fleet:
    """Keeps ``len(setups)`` workers: one that dies is followed by another at once, without a supervisor's pause.

    Nobody tells the store of a death: the jobs of the dead wait until their worker's key has run out, as they do when
    a whole host goes.
    """

    def __init__(
        self, setups: Sequence[Setup], folder: Path, pen: Pen, *, environments: Sequence[dict[str, str]] = ()
    ) -> None:
        self._setups, self._folder, self._pen = setups, folder, pen
        self._environments = environments or [{} for _ in setups]
        self.workers: list[Child] = []
        self.started = 0

    @property
    def output(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self._folder.glob("worker-*.log")))

    async def start(self) -> None:
        for slot in range(len(self._setups)):
            self.workers.append(await self._start(slot))

    async def _start(self, slot: int) -> Child:
        log = self._folder / f"worker-{self.started:03}.log"
        self.started += 1
        return await Child.start(
            self._setups[slot], "tests.chaos.worker", log=log, environment=self._environments[slot]
        )

    def check(self) -> None:
        """A worker that ended without being asked to would be waited for in vain."""
        for worker in self.workers:
            assert worker.alive, f"a worker ended by itself:\n{worker.output[-2000:]}"

    async def ready(self, store: JobStore) -> None:
        async def beat() -> bool:
            return len(await store.workers()) >= len(self.workers)

        await eventually(beat, timeout=END_TIMEOUT, message="the workers to start")

    async def kill_one(self) -> None:
        """SIGKILL to a random one, and another in its place."""
        slot = random.randrange(len(self.workers))
        victim = self.workers[slot]
        victim.process.kill()
        self._pen.write(DIED, pid=victim.pid)
        await victim.ended(timeout=END_TIMEOUT)
        self.workers[slot] = await self._start(slot)

    async def roll(self) -> None:
        """A rolling restart: each gets SIGTERM while its successor is starting."""
        for slot, old in enumerate(list(self.workers)):
            self.workers[slot] = await self._start(slot)
            await _stop(old)

    async def stop(self) -> None:
        await asyncio.gather(*(_stop(worker) for worker in self.workers))
        self.workers.clear()

    def kill(self) -> None:
        """Whatever happened, nothing is left behind."""
        for worker in self.workers:
            if worker.alive:
                worker.process.kill()


async def _stop(worker: Child) -> None:
    code = await worker.end()
    # One that has not said anything yet had not come so far as to hear of it.
    assert code == 0 or (code == -signal.SIGTERM and not worker.output), (
        f"a worker that was asked to stop ended with {code}:\n{worker.output[-2000:]}"
    )
