"""Where a process is: the stacks of its threads and of its tasks, on standard error."""

from __future__ import annotations

import asyncio
import faulthandler
import signal
import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any, Final

SIGNALS: Final = (signal.SIGUSR1, signal.SIGQUIT)
MOST: Final = 100
"""Tasks that are shown."""


def show_on_signal() -> None:
    """Threads are shown by the signal handler itself, so also when the loop hangs; tasks by the loop, if it lives."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, show_tasks)
        faulthandler.register(number, all_threads=True, chain=True)


def exit_when_stuck(seconds: float) -> None:
    """From now on the process has ``seconds``: after that it shows its threads and ends, even if a handler holds the
    interpreter in native code."""
    faulthandler.dump_traceback_later(seconds, exit=True)


def show_tasks() -> None:
    tasks = sorted(asyncio.all_tasks(), key=lambda task: task.get_name())
    print(f"\n{len(tasks)} tasks:", *_lines(tasks[:MOST]), sep="\n", file=sys.stderr, flush=True)


def _lines(tasks: Iterable[asyncio.Task[Any]]) -> Iterator[str]:
    for task in tasks:
        where = " > ".join(
            f"{frame.f_code.co_qualname} ({frame.f_code.co_filename}:{frame.f_lineno})" for frame in awaiting(task)
        )
        yield f"  {task.get_name()}: {where or 'at its start'}"


def awaiting(task: asyncio.Task[Any]) -> Iterator[FrameType]:
    """From the task's coroutine to the one that waits: ``Task.get_stack`` stops at the first."""
    awaited: Any = task.get_coro()
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        if frame is not None:
            yield frame
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
