from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from queueing.dispatch import Dispatch
from queueing.domain.job import JobRef, JobSummary
from queueing.domain.ports import Broker, JobStore
from queueing.domain.reading import JobFilter
from queueing.domain.states import JobState

log: Final = logging.getLogger("queueing.leader")

BATCH: Final = 500
PATIENCE: Final = 30.0
"""Seconds that a job may be queued before an empty queue means that its message is gone."""


class StrayFinder:
    """Publishes again what is queued in the store while its queue in the broker is empty: messages that a broker
    confirmed and then lost with its disk, or that somebody purged.

    A message that is merely held by a busy worker is published twice then; the claim drops the second copy. It is not
    sent a third time: the copy waits in the queue, which is no longer empty, or was sent within the patience.
    """

    interval = 10.0

    def __init__(self, broker: Broker, store: JobStore, dispatch: Dispatch, *, patience: float = PATIENCE) -> None:
        self._broker, self._store, self._dispatch, self._patience = broker, store, dispatch, patience
        self._sent: dict[JobRef, float] = {}

    async def tend(self) -> None:
        now = asyncio.get_running_loop().time()
        self._sent = {ref: at for ref, at in self._sent.items() if now - at < self._patience}
        flags = await self._store.queues()
        until = self._store.clock.now() - timedelta(seconds=self._patience)
        oldest = await self._store.oldest(JobState.QUEUED, [flag.name for flag in flags])
        for flag in flags:
            if flag.name in oldest and oldest[flag.name] <= until:
                await self._find(flag.name, until)

    async def _find(self, queue: str, until: datetime) -> None:
        if (await self._broker.depth(queue)).ready != 0:
            return
        # All of them, for the queue will not be empty again before these have run.
        wanted = JobFilter(states=(JobState.QUEUED,), queues=(queue,), until=until)
        more, after = True, None
        while more:
            ids, after = await self._store.ids(wanted, after=after, limit=BATCH)
            await self._resend(queue, ids, until)
            more = after is not None

    async def _resend(self, queue: str, ids: Sequence[str], until: datetime) -> None:
        refs = [
            JobRef(found.id, found.epoch)
            for found in await self._store.summaries(ids)
            if found is not None and found.state is JobState.QUEUED and not _waits_for_limit(found, until)
        ]
        strays = [ref for ref in refs if ref not in self._sent]
        if strays:
            log.warning("%d jobs of %s are queued without a message; they are sent again.", len(strays), queue)
            await self._dispatch.resend(strays)
            self._sent |= dict.fromkeys(strays, asyncio.get_running_loop().time())


def _waits_for_limit(job: JobSummary, until: datetime) -> bool:
    """Its message is on the delay ladder, so that an empty queue says nothing."""
    return job.limited_by is not None or (job.turn_at is not None and job.turn_at > until)
