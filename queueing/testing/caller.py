"""Synchronous handlers in the thread of the test, so that they see its transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Any


class CallerThread:
    """Runs what is called in whichever thread calls :meth:`serve`, until :meth:`end`."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def call(self, fn: Callable[[], Any]) -> asyncio.Future[Any]:
        future: Future[Any] = Future()
        self._calls.put(partial(_settle, future, fn))
        return asyncio.wrap_future(future)

    def close(self) -> None:
        """Of one worker; it is the test that ends the calls."""

    def take(self) -> Callable[[], None] | None:
        """Wait for the next call; None: there are no more."""
        return self._calls.get()

    def serve(self) -> None:
        while (call := self.take()) is not None:
            call()

    def end(self) -> None:
        self._calls.put(None)


def _settle(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # whatever it is, it is the waiting loop's, as in any executor
        future.set_exception(error)
    else:
        future.set_result(result)
