"""Limits: a worker says which are in force, and the leader lets out of their lines whom no ending lets out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from queueing.dispatch import Dispatch
from queueing.domain.limits import Limit, Scope
from queueing.domain.ports import JobStore
from queueing.domain.registry import Registry
from queueing.errors import StoreError

log: Final = logging.getLogger("queueing.worker")

AGAIN: Final = 2.0
"""Seconds. A store that has lost its limits lets everything run until they are declared again."""
BATCH: Final = 100


class LimitKeeper:
    """Declares the limits of the job types that this worker knows, and of the queues that it serves."""

    def __init__(
        self, store: JobStore, registry: Registry, queues: Iterable[str], of_queues: Mapping[str, Limit]
    ) -> None:
        self._store, self._registry = store, registry
        self._of_queues: dict[str, Limit | None] = dict.fromkeys(queues) | dict(of_queues)
        self._since: datetime | None = None

    async def declare(self) -> None:
        """At the start of a worker: what the code and the settings say now is in force. Raises StoreError."""
        self._since = await self._store.declare_limits(self._known(), since=self._since)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(AGAIN)
            limits = {scope: limit for scope, limit in self._known().items() if limit is not None}
            if not limits:
                continue
            try:
                await self._store.declare_limits(limits, since=self._since)
            except StoreError as failure:
                log.debug("The limits could not be declared again: %s", failure)

    def _known(self) -> dict[Scope, Limit | None]:
        types: dict[Scope, Limit | None] = {Scope("type", known.name): known.limit for known in self._registry}
        return types | {Scope("queue", name): limit for name, limit in self._of_queues.items()}


class Usher:
    """Lets out of their lines the jobs that no other job's end has let out: the rate allows the next ones, a limit was
    raised or has gone, a worker was lost."""

    interval = 0.5

    def __init__(self, store: JobStore, dispatch: Dispatch) -> None:
        self._store, self._dispatch = store, dispatch

    async def tend(self) -> None:
        while released := await self._store.let_out(limit=BATCH):
            await self._dispatch.resend(released)
            if len(released) < BATCH:
                return
