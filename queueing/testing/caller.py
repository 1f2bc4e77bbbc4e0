"""Synchronous handlers in the thread of the test, so that they see its transaction."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class CallerThread(Executor):
    """Runs what is submitted in whichever thread calls :meth:`serve`, until :meth:`end`."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        self._calls.put(partial(_settle, future, partial(fn, *args, **kwargs)))
        return future

    def take(self) -> Callable[[], None] | None:
        """Wait for the next call; None: there are no more."""
        return self._calls.get()

    def serve(self) -> None:
        while (call := self.take()) is not None:
            call()

    def end(self) -> None:
        self._calls.put(None)


def _settle(future: Future[T], call: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # whatever it is, it is the waiting loop's, as in any executor
        future.set_exception(error)
    else:
        future.set_result(result)
