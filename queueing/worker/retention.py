from __future__ import annotations

from queueing.domain.ports import JobStore

BATCH = 200


class Trimmer:
    """Deletes finished records whose retention has ended, in batches that do not hold up Redis."""

    interval = 5.0
    passes = 50

    def __init__(self, store: JobStore) -> None:
        self._store = store

    async def tend(self) -> None:
        for _ in range(self.passes):
            if await self._store.trim(limit=BATCH) < BATCH:
                return
