"""The threads of synchronous handlers.

A call by way of ``run_in_executor`` costs four times as much: two futures, a lock and a wake-up of the loop for each.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple, Protocol

IDLE: Final = 1.0
"""Seconds without a call after which a thread goes back to the executor, which ends it with the process."""


class Pool(Protocol):
    """Runs synchronous handlers."""

    def call(self, fn: Callable[[], Any]) -> asyncio.Future[Any]:
        """What ``fn`` returns. Cancelled before it has begun, it does not begin."""

    def close(self) -> None:
        """Take no more calls; those that were taken are not disturbed."""


class _Call(NamedTuple):
    fn: Callable[[], Any]
    answer: asyncio.Future[Any]


class ThreadPool:
    """``size`` calls at a time. Belongs to one event loop, which is woken once for all that has ended meanwhile."""

    def __init__(self, size: int, *, name: str) -> None:
        self._size, self._loop = size, asyncio.get_running_loop()
        self._executor = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._ended: deque[tuple[_Call, Any, BaseException | None]] = deque()
        self._told = False
        """Whether the loop is to look at what has ended."""
        self._open = 0
        """Calls that have not ended, as far as the loop has seen."""
        self._serving = 0
        self._closed = False

    def call(self, fn: Callable[[], Any]) -> asyncio.Future[Any]:
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._open += 1
        self._calls.put(_Call(fn, answer))
        self._fit()
        return answer

    def close(self) -> None:
        self._closed = True
        for _ in range(self._serving):
            self._calls.put(None)
        self._retire()

    def _retire(self) -> None:
        if self._closed and not self._open:
            self._executor.shutdown(wait=False)

    def _fit(self) -> None:
        while self._serving < min(self._open, self._size):
            self._serving += 1
            self._executor.submit(self._serve)

    # in the threads

    def _serve(self) -> None:
        try:
            while (call := self._calls.get(timeout=IDLE)) is not None:
                if call.answer.cancelled():
                    self._end(call, None, None)
                    continue
                try:
                    self._end(call, call.fn(), None)
                except BaseException as error:
                    self._end(call, None, error)
        except Empty:
            pass
        # The loop counts: a call that was made as this thread went is seen there, and gets another one.
        self._tell(self._left)

    def _end(self, call: _Call, value: Any, error: BaseException | None) -> None:
        self._ended.append((call, value, error))
        if not self._told:
            self._told = True
            self._tell(self._look)

    def _tell(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:
            return  # the loop is closed, and nobody waits any more

    # on the loop

    def _look(self) -> None:
        self._told = False  # before the look: what ends from here on tells anew
        while self._ended:
            (_, answer), value, error = self._ended.popleft()
            self._open -= 1
            if answer.done():
                continue
            if error is None:
                answer.set_result(value)
            else:
                answer.set_exception(error)
        self._retire()

    def _left(self) -> None:
        self._serving -= 1
        self._fit()
