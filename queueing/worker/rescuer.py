from __future__ import annotations

import logging
from typing import Final

from queueing.dispatch import Dispatch
from queueing.domain.ports import JobStore

log: Final = logging.getLogger("queueing.leader")

BATCH: Final = 200
PATIENCE: Final = 30.0
"""Seconds that the broker has to redeliver a dead worker's messages by itself."""


class Recaller:
    """Brings back at once what a dead worker ran and the broker has delivered again before the death was known: such a
    message waits on the ladder, for seconds at first, for minutes where the job has run for long."""

    interval = 0.5

    def __init__(self, store: JobStore, dispatch: Dispatch) -> None:
        self._store, self._dispatch = store, dispatch

    async def tend(self) -> None:
        while refs := await self._store.recall(limit=BATCH):
            log.warning("Recalled %d jobs of dead workers.", len(refs))
            await self._dispatch.resend(refs)


class Rescuer:
    """Brings back running jobs that nobody runs: of dead workers, and of a store that forgot how they ended."""

    interval = 5.0

    def __init__(self, store: JobStore, dispatch: Dispatch, *, patience: float = PATIENCE) -> None:
        self._store, self._dispatch, self._patience = store, dispatch, patience

    async def tend(self) -> None:
        while refs := await self._store.rescue(older_than=self._patience, limit=BATCH):
            log.warning("Rescued %d jobs that nobody ran any more.", len(refs))
            await self._dispatch.resend(refs)
            if len(refs) < BATCH:
                return
