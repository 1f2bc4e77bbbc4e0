"""As the first process of a container: what handlers' programs leave behind becomes our child, and a zombie when it
ends. Nobody else can take it away."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Final

import psutil

INTERVAL: Final = 5.0


async def run(own: Callable[[], set[int]]) -> None:
    """``own``: the processes that somebody waits for; these are left alone."""
    seen: set[int] = set()
    while True:
        await asyncio.sleep(INTERVAL)
        seen = await asyncio.to_thread(reap, own, seen)


def reap(own: Callable[[], set[int]], seen: set[int]) -> set[int]:
    """Take away the dead children that are nobody's and were dead already when ``seen`` was; returns the new ones.

    Not at first sight: a child that has just been started may not be among ``own`` yet.
    """
    dead: set[int] = set()
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error, ChildProcessError):
            if process.status() != psutil.STATUS_ZOMBIE or process.pid in own():
                continue
            if process.pid in seen:
                os.waitpid(process.pid, os.WNOHANG)
            else:
                dead.add(process.pid)
    return dead
