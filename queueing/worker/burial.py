"""The keys of dead workers go at once, so that their jobs can be claimed."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from queueing.errors import StoreError

log: Final = logging.getLogger("queueing.supervisor")

Forget: TypeAlias = Callable[[str], Awaitable[None]]
"""Deletes the key of a worker. Raises StoreError."""

SHORTEST: Final = 0.1
LONGEST: Final = 2.0
"""Seconds between two tries."""
LAST: Final = 5.0
"""Seconds that the last tries may take when the supervisor ends; then the keys run out by themselves."""


class Undertaker:
    def __init__(self, forget: Forget) -> None:
        self._forget = forget
        self._tasks: set[asyncio.Task[None]] = set()

    def bury(self, workers: Sequence[str]) -> None:
        """In the background: a store that is away must not keep a new child from its start."""
        for worker in workers:
            task = asyncio.create_task(self._bury(worker))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        if self._tasks:
            _, pending = await asyncio.wait(self._tasks, timeout=LAST)
            for task in pending:
                task.cancel()
            if pending:
                await asyncio.wait(pending)

    async def _bury(self, worker: str) -> None:
        pause = SHORTEST
        while True:
            try:
                await self._forget(worker)
                return
            except StoreError as failure:
                level = logging.WARNING if pause == SHORTEST else logging.DEBUG
                log.log(level, "The key of dead worker %s is deleted when the store is back: %s", worker, failure)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311
            pause = min(LONGEST, pause * 2)
