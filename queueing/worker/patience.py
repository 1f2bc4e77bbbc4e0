"""Trying again while a server is away, until the worker gives up the job."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from queueing.errors import BrokerError, QueueArgumentsMismatch, StoreError

log: Final = logging.getLogger("queueing.worker")

T = TypeVar("T")

SHORTEST: Final = 0.1
LONGEST: Final = 5.0
"""Seconds between two tries."""


class Fenced(Exception):
    """The worker may no longer act for its jobs."""


class Patience:
    """Holds an outcome through an outage: a job that has run must not run again because a server was away."""

    def __init__(self) -> None:
        self.fenced = asyncio.Event()

    async def __call__(self, act: Callable[[], Awaitable[T]], what: str) -> T:
        """``act`` until it succeeds. Raises Fenced once the worker is fenced, and QueueArgumentsMismatch at once:
        that one does not pass by itself."""
        pause = SHORTEST
        while True:
            if self.fenced.is_set():
                raise Fenced(what)
            try:
                return await act()
            except QueueArgumentsMismatch:
                raise
            except (StoreError, BrokerError) as failure:
                log.warning("%s is held and tried again in %.1f s: %s", what.capitalize(), pause, failure)
            await self._pause(pause)
            pause = min(pause * 2, LONGEST)

    async def _pause(self, seconds: float) -> None:
        try:
            # Jitter, so that a fleet does not come back as one.
            await asyncio.wait_for(self.fenced.wait(), seconds * random.uniform(0.5, 1.0))  # noqa: S311
        except TimeoutError:
            return
