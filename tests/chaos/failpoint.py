"""Where a process kills itself: a call of a port, and a moment of that call."""

from __future__ import annotations

import asyncio
import os
import signal
import types
from collections.abc import Callable, Coroutine, Generator
from pathlib import Path
from typing import Any, Final, NoReturn

import msgspec

from tests.chaos.ledger import DIED, Pen

VARIABLE: Final = "CHAOS_FAILPOINT"


class Failpoint(msgspec.Struct, frozen=True, kw_only=True):
    port: str
    """store, broker, delivery or subscription."""
    method: str
    moment: str
    """before, after, or ``await-2``: the second time that the call waits, its request gone and its answer not read."""
    ledger: str
    call: int = 1
    """Which of this process's calls, from 1."""

    def __str__(self) -> str:
        return f"{self.port}.{self.method} {self.moment}" + (f", call {self.call}" if self.call > 1 else "")

    def die(self) -> NoReturn:
        Pen(Path(self.ledger)).write(DIED)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("SIGKILL was survived")


def present() -> Failpoint | None:
    """This process's own."""
    text = os.environ.get(VARIABLE)
    return msgspec.json.decode(text, type=Failpoint) if text else None


class Deadly:
    """Stands in for ``inner``, one of the ports, and dies at its failpoint."""

    def __init__(self, inner: Any, port: str, point: Failpoint) -> None:
        self._inner, self._port, self._point, self._calls = inner, port, point, 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._dying(found) if (self._port, name) == (self._point.port, self._point.method) else found

    def _dying(self, call: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
        async def dying(*args: Any, **kwargs: Any) -> Any:
            self._calls += 1
            if self._calls != self._point.call:
                return await call(*args, **kwargs)
            match self._point.moment.split("-"):
                case ["before"]:
                    self._point.die()
                case ["await", number]:
                    return await _until_await(call(*args, **kwargs), int(number), self._point.die)
                case _:
                    await call(*args, **kwargs)
                    self._point.die()

        return dying


@types.coroutine
def _until_await(call: Coroutine[Any, Any, Any], number: int, die: Callable[[], None]) -> Generator[Any, Any, Any]:
    """Run ``call`` step by step, and die when it waits for the ``number``-th time."""
    waits, step = 0, lambda: call.send(None)
    while True:
        try:
            awaited = step()
        except StopIteration as end:
            return end.value
        waits += 1
        if waits == number:
            # Two turns later, for what the call has written leaves with the next turn of the loop.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, die)
        try:
            yield awaited
        except BaseException as thrown:
            step = lambda thrown=thrown: call.throw(thrown)  # type: ignore[misc]  # noqa: E731
        else:
            step = lambda: call.send(None)  # noqa: E731
