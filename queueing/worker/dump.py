"""What every task and thread of this process is doing, as text that can be kept."""

from __future__ import annotations

import asyncio
import io
import sys
import threading
import traceback
from typing import Final

from queueing.worker.stacks import awaiting

MOST: Final = 64 * 1024
"""Characters kept; a process with thousands of tasks has more to tell than anybody reads."""


def dump() -> str:
    """To be called on the event loop. Innermost call last."""
    told = io.StringIO()
    for task in sorted(asyncio.all_tasks(), key=lambda task: task.get_name()):
        told.write(f"task {task.get_name()}\n")
        stack = traceback.StackSummary.extract((frame, frame.f_lineno) for frame in awaiting(task))
        told.writelines(stack.format())
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():
        told.write(f"thread {names.get(ident, ident)}\n")
        told.writelines(traceback.format_stack(frame))
    text = told.getvalue().encode(errors="replace").decode()
    return text if len(text) <= MOST else f"{text[:MOST]}\n… and {len(text) - MOST:,} characters more"
