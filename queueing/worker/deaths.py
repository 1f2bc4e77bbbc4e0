"""How a process ended, in words."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Final

CGROUP: Final = Path("/proc/self/cgroup")
CGROUPS: Final = Path("/sys/fs/cgroup")
NATIVE: Final = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)


def death(code: int, *, oom_kills: int = 0) -> str:
    """A return code in words. ``oom_kills``: how often the kernel has meanwhile killed for want of memory here."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"was killed by {name}{_guess(-code, oom_kills)}"


def _guess(number: int, oom_kills: int) -> str:
    if number == signal.SIGKILL and oom_kills:
        return " (the kernel's out-of-memory killer; raise the memory limit, or lower --concurrency or --max-rss)"
    if number == signal.SIGKILL:
        return " (out of memory, perhaps, or by hand; the kernel's log tells)"
    if number in NATIVE:
        return " (a crash in native code)"
    return ""


def oom_kills() -> int:
    """How often the kernel has killed a process of this control group for want of memory; 0 where nothing tells."""
    for events in _places():
        try:
            counted = dict(line.split() for line in events.read_text().splitlines())
            return int(counted.get("oom_kill", 0))
        except (OSError, ValueError):
            continue
    return 0


def _places() -> list[Path]:
    try:
        own = [line.removeprefix("0::/") for line in CGROUP.read_text().splitlines() if line.startswith("0::/")]
    except OSError:
        own = []
    return [CGROUPS / path / "memory.events" for path in (*own, "")]
