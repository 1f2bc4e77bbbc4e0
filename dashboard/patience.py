"""A store that pages do not wait for once it is silent: stopped, or behind a link that swallows all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Final, TypeVar

from queueing.domain.ports import JobStore
from queueing.domain.reading import ServerHealth
from queueing.domain.saying import Said, say
from queueing.errors import StoreUnavailable

T = TypeVar("T")

SERVER: Final = "Redis"
LONG: Final = 0.5
"""Seconds after which the store is asked whether it is there at all. An answer may take that long where there are many
jobs, so slowness alone says nothing."""
SIGN: Final = 0.5
"""Seconds for its sign of life. The store itself is given five for an answer, and a page asks it a dozen times."""
BRIEF: Final = 0.1
"""The same once it is known to be silent, for the one who asks anew."""


class Patient:
    """On the engine's loop, as the store itself. One for all pages of a process: one of them finds out for all."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._sign: asyncio.Future[ServerHealth] | None = None
        self._silent = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._patient(found) if iscoroutinefunction(found) else found

    async def health(self) -> ServerHealth:
        """Asked anew, but not while the last question is still out."""
        sign = await self._signs(BRIEF if self._silent else LONG + SIGN)
        return sign or ServerHealth(name=SERVER, ok=False, detail=_not_yet())

    def _patient(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @wraps(method)
        async def ask(*args: Any, **kwargs: Any) -> Any:
            if self._silent and not await self._is_back():
                raise StoreUnavailable(_not_yet())
            answer = asked(method(*args, **kwargs))
            while not (await asyncio.wait([answer], timeout=LONG))[0]:
                if await self._signs(SIGN) is None:
                    # The question goes on, for its connection may not be used by another before it has its answer.
                    raise StoreUnavailable(_not_yet())
            return answer.result()

        return ask

    async def _is_back(self) -> bool:
        """While a question is out nobody waits for it; else one is asked, and given a moment."""
        if self._sign is not None and not self._sign.done():
            return False
        return await self._signs(BRIEF) is not None

    async def _signs(self, within: float) -> ServerHealth | None:
        """None: silence. That nobody is there is a sign too: whoever asks is then told so at once."""
        if self._sign is None or self._sign.done():
            self._sign = asked(self._store.health())
        done, _ = await asyncio.wait([self._sign], timeout=within)
        self._silent = not done
        return done.pop().result() if done else None


def asked(question: Awaitable[T]) -> asyncio.Future[T]:
    """Goes on whoever waits for it."""
    answer = asyncio.ensure_future(question)
    # Where whoever asked has left, nobody takes note of an error.
    answer.add_done_callback(lambda done: done.cancelled() or done.exception())
    return answer


def _not_yet() -> Said:
    return say("%(server)s has not answered yet.", server=SERVER)
