from __future__ import annotations

import asyncio

from queueing.domain.ports import JobStore

BATCH = 20


class Trimmer:
    """Deletes finished records whose retention has ended, in small batches for as long as there are any.

    After each it rests for as long as the store took: whatever the backlog, others have half of the store's time, and
    Redis goes through some ten thousand records a second.
    """

    interval = 2.0

    def __init__(self, store: JobStore) -> None:
        self._store = store

    async def tend(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            before = clock()
            if await self._store.trim(limit=BATCH) < BATCH:
                return
            await asyncio.sleep(clock() - before)
