from __future__ import annotations

from queueing.domain.ports import JobStore

BATCH = 500


class Scheduler:
    """Shows jobs whose time has come as queued. Their messages come home by themselves; this only moves the record."""

    interval = 0.5

    def __init__(self, store: JobStore) -> None:
        self._store = store

    async def tend(self) -> None:
        while await self._store.promote(limit=BATCH) == BATCH:
            pass
