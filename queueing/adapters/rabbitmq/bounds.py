"""A limit to every wait on the driver."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``, if it comes within ``seconds``.

    Unlike ``asyncio.timeout`` this does not wait for a cancelled ``work`` to end: aiormq answers the cancellation of
    a call by writing to the connection, which hangs when the connection is what hangs.

    Raises TimeoutError; and ConnectionError where aiormq cancels calls because their channel has gone.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        abandon(task)
        raise
    if not done:
        abandon(task)
        raise TimeoutError(f"no answer within {seconds:g} seconds")
    if task.cancelled():
        raise ConnectionError("the connection was closed")
    return task.result()


def abandon(task: asyncio.Future[Any]) -> None:
    task.cancel()
    task.add_done_callback(retrieve)


def retrieve(task: asyncio.Future[Any]) -> None:
    """Nobody may be waiting for it any more: keep asyncio from reporting its error as forgotten."""
    if not task.cancelled():
        task.exception()
