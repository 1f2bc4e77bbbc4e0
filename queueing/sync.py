"""The one bridge from synchronous code, and from other event loops, to the loop on which the engine lives.

A process has one engine loop: a daemon thread's in web servers, shells and scripts; the worker's own loop in a worker
process (:func:`adopt`). Connections belong to that loop, so every caller in the process shares them, whatever thread or
loop it is in. After a fork the child starts afresh: neither the thread nor the sockets of the parent are usable there.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextvars import Context
from typing import Any, Final, TypeVar

from queueing.errors import LeveretError

T = TypeVar("T")

TIMEOUT: Final = 60.0
"""Seconds after which :func:`run` gives up. Everything it runs is bounded more tightly; this is the last resort."""

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def run(work: Coroutine[Any, Any, T], *, timeout: float = TIMEOUT) -> T:
    """Run a coroutine on the engine loop and wait for it, from a thread without a running loop."""
    if _running() is not None:
        work.close()
        raise LeveretError(
            "This would block an event loop. In async code use the async form: `await job.aenqueue(…)`, "
            "or `await queueing.sync.arun(…)`."
        )
    future = submit(work)
    try:
        return future.result(timeout)
    except TimeoutError:
        if not future.done():
            future.cancel()
            raise LeveretError(f"The job queue did not answer within {timeout:g} s.") from None
        raise


async def arun(work: Coroutine[Any, Any, T]) -> T:
    """Await a coroutine that must run on the engine loop, from any event loop."""
    loop = engine_loop()
    if _running() is loop:
        return await work
    return await asyncio.wrap_future(submit(work))


def submit(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Start a coroutine on the engine loop, from any thread.

    In a context of its own: connections that are opened on the way live on, and would keep alive whatever the caller's
    context variables hold, a request for instance. asgiref also tells by them which thread a coroutine belongs to.
    """
    return Context().run(asyncio.run_coroutine_threadsafe, work, engine_loop())


def engine_loop() -> asyncio.AbstractEventLoop:
    """The loop, started when it is first asked for."""
    global _loop
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = _start()
        return _loop


def adopt(loop: asyncio.AbstractEventLoop) -> None:
    """Make ``loop`` the engine loop of this process: a worker's. Before anything else has used the bridge."""
    global _loop
    with _lock:
        if _loop is not None and _loop is not loop and not _loop.is_closed():
            raise LeveretError("The engine loop runs already; a worker must adopt its own before anything is enqueued.")
        _loop = loop


def _start() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="leveret-engine", daemon=True).start()
    return loop


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _forget() -> None:
    global _loop, _lock
    _loop, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
