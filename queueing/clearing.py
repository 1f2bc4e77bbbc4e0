"""Takes outbox entries away once their messages are confirmed, without anybody waiting for it.

An entry that stays too long is harmless: the message is published once more, and the claim drops the second copy. So
the first confirmed message of a quiet time has its entry cleared at once, and those that follow within a moment share
one call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from queueing.domain.job import JobRef
from queueing.errors import StoreError

log: Final = logging.getLogger("queueing.dispatch")

PAUSE: Final = 0.01
"""Seconds between two calls: what is confirmed meanwhile goes with the next one."""


class Clearing:
    """``confirm`` is the store's. Belongs to the event loop on which it is first used."""

    def __init__(self, confirm: Callable[[Sequence[JobRef]], Awaitable[None]]) -> None:
        self._confirm = confirm
        self._refs: list[JobRef] = []
        self._task: asyncio.Task[None] | None = None

    def note(self, ref: JobRef) -> None:
        """The broker has confirmed the message of this life."""
        self._refs.append(ref)
        if self._task is None:
            self._begin()

    async def now(self, refs: Sequence[JobRef]) -> None:
        """Clear these, and return when it is done or the store is away."""
        try:
            await self._confirm(refs)
        except StoreError as failure:
            # The messages are safe with the broker. The entries that stay make the leader publish them once more.
            for ref in refs:
                log.warning("The outbox entry of job %s stays until the store is back: %s", ref.id, failure)

    async def finish(self) -> None:
        """Clear what has been noted, and return when it is done or the store is away."""
        while self._task is not None or self._refs:
            if self._task is None:
                self._begin()
            else:
                await asyncio.wait([self._task])

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._clear())

    async def _clear(self) -> None:
        # The pause too is in the task, which ends with its loop: a timer could begin a call that the loop never ends.
        try:
            while self._refs:
                refs, self._refs = self._refs, []
                await self.now(refs)
                await asyncio.sleep(PAUSE)
        finally:
            self._task = None
