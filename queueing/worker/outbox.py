from __future__ import annotations

import logging
from typing import Final

from queueing.dispatch import Dispatch
from queueing.domain.ports import JobStore
from queueing.errors import BrokerUnavailable

log: Final = logging.getLogger("queueing.leader")

BATCH: Final = 500
PATIENCE: Final = 5.0
"""Seconds that a publish may take before its outbox entry counts as left behind."""


class OutboxSweeper:
    """Sends the messages whose sender died, or could not reach the broker, between record and confirm."""

    interval = 1.0

    def __init__(self, store: JobStore, dispatch: Dispatch, *, patience: float = PATIENCE) -> None:
        self._store, self._dispatch, self._patience = store, dispatch, patience

    async def tend(self) -> None:
        stuck: list[Exception] = []
        # What cannot be sent (its queue has other arguments) stays the oldest: without going past it, nothing would be.
        while refs := await self._store.unconfirmed(older_than=self._patience, limit=BATCH, skip=len(stuck)):
            failures = [failure for failure in await self._dispatch.resend(refs) if failure is not None]
            if len(failures) < len(refs):
                log.info("Sent %d messages that had been left in the outbox.", len(refs) - len(failures))
            if any(isinstance(failure, BrokerUnavailable) for failure in failures):
                return
            stuck += failures
        if stuck:
            log.error("%d messages of the outbox cannot be sent: %s", len(stuck), stuck[0])
