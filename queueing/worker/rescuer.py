from __future__ import annotations

import logging
from typing import Final

from queueing.dispatch import Dispatch
from queueing.domain.ports import JobStore

log: Final = logging.getLogger("queueing.leader")

BATCH: Final = 200
PATIENCE: Final = 30.0
"""Seconds that the broker has to redeliver a dead worker's messages by itself."""


class Rescuer:
    """Brings back the running jobs of dead workers whose message never came back."""

    interval = 5.0

    def __init__(self, store: JobStore, dispatch: Dispatch, *, patience: float = PATIENCE) -> None:
        self._store, self._dispatch, self._patience = store, dispatch, patience

    async def tend(self) -> None:
        refs = await self._store.rescue(older_than=self._patience, limit=BATCH)
        if refs:
            log.warning("Rescued %d jobs of workers that are gone.", len(refs))
            await self._dispatch.resend(refs)
