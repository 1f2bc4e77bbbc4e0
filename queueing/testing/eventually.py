"""Poll for a condition instead of sleeping and hoping."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

INTERVAL = 0.02


async def eventually(
    fn: Callable[[], T | Awaitable[T]], *, timeout: float = 5.0, message: str = "", interval: float = INTERVAL
) -> T:
    """The first truthy value of ``fn()``, sync or async.

    An AssertionError inside ``fn`` means "not yet", so a condition can be written as asserts. When time is up, an
    AssertionError tells the last value, or the last assertion that did not hold.
    """
    __tracebackhide__ = True
    end = time.monotonic() + timeout
    while True:
        error: AssertionError | None = None
        value: T | None = None
        try:
            outcome = fn()
            value = await outcome if inspect.isawaitable(outcome) else outcome
        except AssertionError as exc:
            error = exc
        if value:
            return value
        if time.monotonic() >= end:
            raise _expired(timeout, message, value, error) from error
        await asyncio.sleep(interval)


def eventually_sync(fn: Callable[[], T], *, timeout: float = 5.0, message: str = "", interval: float = INTERVAL) -> T:
    """As ``eventually``, for tests without an event loop."""
    __tracebackhide__ = True
    end = time.monotonic() + timeout
    while True:
        error: AssertionError | None = None
        value: T | None = None
        try:
            value = fn()
        except AssertionError as exc:
            error = exc
        if value:
            return value
        if time.monotonic() >= end:
            raise _expired(timeout, message, value, error) from error
        time.sleep(interval)


def _expired(timeout: float, message: str, value: object, error: AssertionError | None) -> AssertionError:
    what = message or "the condition did not come true"
    last = f"last assertion: {error}" if error else f"last value: {value!r}"
    return AssertionError(f"{what} (after {timeout:g} s; {last})")
