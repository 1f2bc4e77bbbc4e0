"""What is said of the ends of processes, who takes them away, and how one that hangs ends itself."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from queueing.errors import ConfigurationError
from queueing.worker import deaths
from queueing.worker.deaths import death
from queueing.worker.recycling import MIB, Limits


@pytest.mark.parametrize(
    ("code", "kills", "words"),
    [
        (1, 0, "ended with exit code 1"),
        (-signal.SIGKILL, 1, "was killed by SIGKILL (the kernel's out-of-memory killer;"),
        (-signal.SIGKILL, 0, "was killed by SIGKILL (out of memory, perhaps"),
        (-signal.SIGABRT, 0, "was killed by SIGABRT (a crash in native code)"),
        (-signal.SIGTERM, 0, "was killed by SIGTERM"),
        (-77, 0, "was killed by signal 77"),
    ],
)
def test_an_end_is_said_in_words(code: int, kills: int, words: str) -> None:
    assert death(code, oom_kills=kills).startswith(words)


def test_the_kernel_is_asked_how_often_it_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "self").write_text("0::/workers.slice\n")
    (tmp_path / "workers.slice").mkdir()
    (tmp_path / "workers.slice" / "memory.events").write_text("low 0\nmax 9\noom 2\noom_kill 3\n")
    monkeypatch.setattr(deaths, "CGROUP", tmp_path / "self")
    monkeypatch.setattr(deaths, "CGROUPS", tmp_path)
    assert deaths.oom_kills() == 3
    (tmp_path / "workers.slice" / "memory.events").unlink()
    assert deaths.oom_kills() == 0


def test_limits_differ_a_little_from_process_to_process_and_are_never_nothing() -> None:
    many = [Limits(jobs=1000, rss=100 * MIB).jittered() for _ in range(100)]
    assert {limit.jobs for limit in many} <= set(range(900, 1001))
    assert len({limit.jobs for limit in many}) > 10
    assert Limits(jobs=1).jittered().jobs == 1
    assert not Limits().jittered()
    assert Limits(jobs=5).exceeded(jobs=5, rss=0) == "has run 5 jobs"
    assert Limits(rss=5 * MIB).exceeded(jobs=0, rss=6 * MIB) == "has grown to 6 MiB"
    assert Limits(jobs=5).exceeded(jobs=4, rss=2**40) == ""
    with pytest.raises(ConfigurationError, match="--max-rss"):
        Limits(rss=-1)


def test_what_a_process_starts_with_is_not_collected_again_and_thresholds_of_its_own_stay() -> None:
    script = (
        "import gc\n{before}\nfrom queueing.worker import collecting\ncollecting.settle_down()\n"
        "print(gc.get_freeze_count() > 1000, gc.get_threshold()[0])\n"
    )
    for before, young in (
        ("gc.set_threshold(700)", 2000),
        ("gc.set_threshold(9000)", 9000),
        ("gc.set_threshold(0)", 0),
    ):
        assert run(script.format(before=before)).stdout.split() == ["True", str(young)]


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)


def test_a_process_that_hangs_with_the_interpreter_locked_shows_where_and_ends() -> None:
    ended = run(
        "import ctypes\n"
        "from queueing.worker import stacks\n"
        "stacks.exit_when_stuck(0.3)\n"
        "def in_native_code(): ctypes.PyDLL(None).sleep(60)\n"
        "in_native_code()\n"
    )
    assert ended.returncode == 1
    assert "in in_native_code" in ended.stderr


def test_zombies_that_nobody_waits_for_are_taken_away_and_no_others() -> None:
    """A subreaper inherits orphans as the first process of a container does."""
    ended = run(
        "import ctypes, os, subprocess, sys, time, psutil\n"
        "from queueing.worker import reaping\n"
        "PR_SET_CHILD_SUBREAPER = 36\n"
        "assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0\n"
        "own = subprocess.Popen([sys.executable, '-c', ''])\n"
        "subprocess.run(['sh', '-c', 'sleep 0 & sleep 0 &'], check=True)\n"
        "def zombies(): return [p for p in psutil.Process().children() if p.status() == 'zombie']\n"
        "while len(zombies()) < 3: time.sleep(0.01)\n"
        "seen = reaping.reap(lambda: {own.pid}, set())\n"
        "assert len(zombies()) == 3, 'not at first sight'\n"
        "assert len(seen) == 2\n"
        "assert reaping.reap(lambda: {own.pid}, seen) == set()\n"
        "assert [p.pid for p in zombies()] == [own.pid]\n"
        "assert own.wait() == 0\n"
    )
    assert ended.returncode == 0, ended.stderr
