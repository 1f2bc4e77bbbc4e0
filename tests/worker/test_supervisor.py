"""The supervisor with real processes, which are short scripts: what it does with them, and what it says."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from tests.eventually import eventually

CHILD = """
import itertools, os, signal, socket, sys, time
line = socket.socket(fileno=int(sys.argv[sys.argv.index("--lifeline") + 1]))
def say(text): line.send(text.encode() + b"\\n")
def note(text): open("ledger", "a").write(f"{text} {os.getpid()}\\n")
def is_mine(number):  # two that are born at once get two numbers
    try:
        os.close(os.open(f"number-{number}", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True
number = next(filter(is_mine, itertools.count()))
note("born")
say(f"life worker-{os.getpid()}")
def leave(*_):
    note("left")
    os._exit(0)
signal.signal(signal.SIGTERM, leave)
"""
SUPERVISOR = """
import asyncio, logging, sys
from queueing.errors import StoreUnavailable
from queueing.worker.supervisor import Supervisor
logging.basicConfig(level="INFO", format="%(message)s")
away = {away}
async def forget(worker):
    global away
    away -= 1
    if away >= 0:
        raise StoreUnavailable("Redis is away.")
    open("forgotten", "a").write(worker + "\\n")
sys.exit(asyncio.run(
    Supervisor([sys.executable, "child.py"], {count}, forget=forget, patience={patience}).run()
))
"""


class Supervised:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes]

    def start(self, child: str, *, count: int = 1, patience: float = 5.0, away: int = 0) -> None:
        (self.folder / "child.py").write_text(CHILD + textwrap.dedent(child))
        (self.folder / "supervisor.py").write_text(SUPERVISOR.format(count=count, patience=patience, away=away))
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "supervisor.py"],
                cwd=self.folder,
                env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
                stdout=log,
                stderr=log,
            )

    @property
    def output(self) -> str:
        return (self.folder / "log").read_text()

    def pids(self, word: str = "born") -> list[int]:
        path = self.folder / "ledger"
        lines = path.read_text().splitlines() if path.exists() else []
        return [int(line.split()[1]) for line in lines if line.startswith(word)]

    @property
    def alive(self) -> list[int]:
        return [pid for pid in self.pids() if is_alive(pid)]

    @property
    def forgotten(self) -> list[str]:
        path = self.folder / "forgotten"
        return path.read_text().split() if path.exists() else []

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, 30)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
async def supervised(tmp_path: Path) -> AsyncIterator[Supervised]:
    supervised = Supervised(tmp_path)
    yield supervised
    for pid in (supervised.process.pid, *supervised.pids()):
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(supervised.process.wait, 30)


async def test_it_keeps_as_many_as_were_asked_for_and_stops_them_all(supervised: Supervised) -> None:
    supervised.start("say('ready'); time.sleep(60)", count=3)
    await eventually(lambda: len(supervised.alive) == 3, timeout=20)
    assert await supervised.stop() == 0
    assert supervised.alive == []
    assert sorted(supervised.pids("left")) == sorted(supervised.pids())
    assert supervised.forgotten == [], "who leaves in order signs off itself"


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "was killed by SIGSEGV (a crash in native code)"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "was killed by SIGKILL (out of memory, perhaps"),
        ("os._exit(3)", "ended with exit code 3"),
    ],
)
async def test_one_that_crashes_is_replaced_and_its_key_goes(supervised: Supervised, end: str, words: str) -> None:
    supervised.start(f"if number == 0: {end}\nsay('ready'); time.sleep(60)")
    await eventually(lambda: len(supervised.pids()) == 2 and len(supervised.alive) == 1, timeout=20)
    assert f"Worker process 1 of 1 {words}" in supervised.output
    first = supervised.pids()[0]
    await eventually(lambda: supervised.forgotten == [f"worker-{first}"])
    assert await supervised.stop() == 0


async def test_crashes_on_end_are_answered_more_and_more_slowly(supervised: Supervised) -> None:
    supervised.start("os._exit(1)")
    await eventually(lambda: len(supervised.pids()) == 4, timeout=30)
    pauses = [float(line.split()[-2]) for line in supervised.output.splitlines() if "A new one starts in" in line]
    assert 0.2 <= pauses[0] <= 0.5 and 0.9 <= pauses[2] <= 2.0, pauses
    assert await supervised.stop() == 0


async def test_a_key_is_deleted_as_soon_as_the_store_is_back(supervised: Supervised) -> None:
    supervised.start("if number == 0: os._exit(1)\nsay('ready'); time.sleep(60)", away=3)
    forgotten = await eventually(lambda: supervised.forgotten, timeout=20)
    assert forgotten == [f"worker-{supervised.pids()[0]}"]
    assert supervised.output.count("when the store is back") == 1
    await supervised.stop()


async def test_one_that_has_had_enough_works_until_its_successor_does(supervised: Supervised) -> None:
    supervised.start(
        """
        if number == 0:
            say("ready"); say("retire has run 100 jobs")
        else:
            time.sleep(0.5)
            note("ready"); say("ready")
        time.sleep(60)
        """
    )
    await eventually(lambda: supervised.pids("left"), timeout=20)
    lines = [line.split()[0] for line in (supervised.folder / "ledger").read_text().splitlines()]
    assert lines == ["born", "born", "ready", "left"]
    assert "has run 100 jobs: it is replaced" in supervised.output
    assert await supervised.stop() == 0


async def test_a_successor_that_cannot_start_does_not_replace_anybody(supervised: Supervised) -> None:
    supervised.start("if number: os._exit(5)\nsay('ready'); say('retire is old'); time.sleep(60)")
    await eventually(lambda: len(supervised.pids()) == 3, timeout=20)
    assert supervised.alive[0] == supervised.pids()[0]
    assert "ended with exit code 5 before it was ready, so the old one stays" in supervised.output
    assert await supervised.stop() == 0


async def test_a_hangup_replaces_all_one_by_one(supervised: Supervised) -> None:
    supervised.start("say('ready'); time.sleep(60)", count=3)
    await eventually(lambda: len(supervised.alive) == 3, timeout=20)
    old = set(supervised.pids())
    supervised.process.send_signal(signal.SIGHUP)
    await eventually(lambda: len(supervised.alive) == 3 and not old & set(supervised.alive), timeout=60)
    lines = [line.split()[0] for line in (supervised.folder / "ledger").read_text().splitlines()[3:]]
    assert max(lines[: n + 1].count("born") - lines[: n + 1].count("left") for n in range(len(lines))) <= 2
    assert await supervised.stop() == 0


async def test_a_hangup_while_all_are_being_replaced_replaces_them_once_more(supervised: Supervised) -> None:
    """What was replaced before it may run code that is old by now."""
    supervised.start("say('ready'); time.sleep(60)", count=2)
    await eventually(lambda: len(supervised.alive) == 2, timeout=20)
    supervised.process.send_signal(signal.SIGHUP)
    await eventually(lambda: len(supervised.pids()) > 2, timeout=20)
    old = set(supervised.pids())
    supervised.process.send_signal(signal.SIGHUP)
    await eventually(lambda: len(supervised.alive) == 2 and not old & set(supervised.alive), timeout=60)
    assert await supervised.stop() == 0


async def test_one_that_ignores_its_signals_is_killed_and_that_is_said(supervised: Supervised) -> None:
    supervised.start("signal.signal(signal.SIGTERM, signal.SIG_IGN); say('ready'); time.sleep(60)", patience=1.0)
    [pid] = await eventually(lambda: supervised.alive, timeout=20)
    await eventually(lambda: _ignores(pid, signal.SIGTERM))
    assert await supervised.stop() == 0
    assert f"Worker process {pid} did not stop within 1 s" in supervised.output
    assert supervised.forgotten == [f"worker-{pid}"], "its jobs can be claimed at once"


async def test_the_second_signal_is_passed_on(supervised: Supervised) -> None:
    supervised.start(
        """
        signals = []
        def hear(*_):
            signals.append(1)
            note("heard")
            if len(signals) == 2: os._exit(0)
        signal.signal(signal.SIGTERM, hear)
        say("ready"); note("ready")
        while True: time.sleep(60)
        """
    )
    await eventually(lambda: supervised.pids("ready"), timeout=20)
    supervised.process.send_signal(signal.SIGTERM)
    await eventually(lambda: len(supervised.pids("heard")) == 1)
    assert await supervised.stop() == 0
    assert len(supervised.pids("heard")) == 2


async def test_a_child_that_cannot_work_ends_them_all(supervised: Supervised) -> None:
    supervised.start(f"if number == 1: os._exit({os.EX_CONFIG})\nsay('ready'); time.sleep(60)", count=2)
    assert await asyncio.to_thread(supervised.process.wait, 30) == os.EX_CONFIG
    assert supervised.alive == []


def _ignores(pid: int, number: signal.Signals) -> bool:
    [mask] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigIgn")]
    return bool(int(mask.split()[1], 16) & (1 << (number - 1)))
