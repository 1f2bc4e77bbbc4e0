from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from queueing.domain.failures import Failure, Filing, Sample, group_of
from queueing.domain.ports import JobStore

BATCH: Final = 200
"""Failures in one script call: Redis serves nobody else meanwhile, for some 5 ms."""
ROUNDS: Final = 50
RESAMPLE: Final = 30.0
"""Seconds until a group takes a fresh sample; a failure storm would else have a record read for each of its jobs."""
SAMPLES: Final = 1_000
DAY: Final = 86_400.0
KEPT: Final = 30 * DAY
MOST: Final = 1_000
"""Groups. An application that puts a name into each message would make one of every job."""
TRIM: Final = 60.0


class Cataloguer:
    """Puts failed jobs into groups of those that failed alike.

    It reads what has failed since its last pass rather than being told: so it finds also what a script failed (a lost
    worker, an expired job) and what a worker failed a moment before it died. A failure that is replayed within the
    second between two passes is not counted.
    """

    interval = 1.0

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._sampled: dict[str, float] = {}
        self._trimmed = 0.0

    async def tend(self) -> None:
        for _ in range(ROUNDS):
            if await self._file() < BATCH:
                break
        now = asyncio.get_running_loop().time()
        if now - self._trimmed > TRIM:
            self._trimmed = now
            await self._store.trim_groups(older_than=KEPT, most=MOST)

    async def _file(self) -> int:
        """One batch; returns how many there were."""
        unfiled = await self._store.unfiled(limit=BATCH)
        if unfiled.failures or unfiled.until < unfiled.since:
            alike: dict[str, list[Failure]] = defaultdict(list)
            for failure in unfiled.failures:
                alike[group_of(failure.type, failure.error)].append(failure)
            filings = [await self._filing(group, failures) for group, failures in alike.items()]
            await self._store.file(unfiled, filings)
        return len(unfiled.failures)

    async def _filing(self, group: str, failures: Sequence[Failure]) -> Filing:
        last = failures[-1]
        sample = await self._sample(last) if self._wants_sample(group) else None
        return Filing(group=group, type=last.type, failures=tuple(failures), sample=sample)

    async def _sample(self, failure: Failure) -> Sample:
        record = await self._store.get(failure.id)
        error = record.error if record is not None else None
        alike = error is not None and group_of(failure.type, error) == group_of(failure.type, failure.error)
        # It may have been retried meanwhile, and have failed in another way.
        return Sample(job=failure.id, error=error if error is not None and alike else failure.error)

    def _wants_sample(self, group: str) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._sampled.get(group, -RESAMPLE) < RESAMPLE:
            return False
        if len(self._sampled) >= SAMPLES:
            self._sampled.clear()
        self._sampled[group] = now
        return True
