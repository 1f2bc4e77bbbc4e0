from __future__ import annotations

import logging
from typing import Final

from queueing.dispatch import Dispatch
from queueing.domain.ports import JobStore

log: Final = logging.getLogger("queueing.leader")

BATCH: Final = 100


class Expirer:
    """Fails the jobs that have not started by their time.

    A claim would do so too; but nobody claims where no worker serves the queue, or where it is paused, or has a long
    line, and just then a deadline matters.
    """

    interval = 1.0

    def __init__(self, store: JobStore, dispatch: Dispatch) -> None:
        self._store, self._dispatch = store, dispatch

    async def tend(self) -> None:
        while refs := await self._store.expire(limit=BATCH):
            log.warning("%d jobs were failed: their time to start had passed.", len(refs))
            await self._dispatch.resend(refs)
            if len(refs) < BATCH:
                return
