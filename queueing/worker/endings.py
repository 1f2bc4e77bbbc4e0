"""Ending tasks for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

AGAIN: Final = 0.5


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks until they have ended; their errors are left in them.

    Once is not enough: ``asyncio.wait_for`` loses a cancellation that arrives together with the result (before
    Python 3.12, and drivers use it), and a loop that lost its own would go on for ever.
    """
    pending = {task for task in tasks if not task.done()}
    own: asyncio.CancelledError | None = None
    while pending:
        for task in pending:
            task.cancel()
        try:
            _, pending = await asyncio.wait(pending, timeout=AGAIN)
        except asyncio.CancelledError as again:
            # The caller is being ended like this too. What it was ending would outlive it.
            own = again
            pending = {task for task in pending if not task.done()}
    if own is not None:
        raise own
