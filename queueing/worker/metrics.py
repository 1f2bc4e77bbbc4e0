"""Counts and latencies of one worker, added up here and written once a heartbeat."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections import Counter
from datetime import UTC, datetime
from typing import Final

from queueing.domain.ports import JobStore, Run
from queueing.domain.reading import BUCKETS, Minute
from queueing.domain.states import JobState

log: Final = logging.getLogger("queueing.worker")


class _Lane:
    __slots__ = ("outcomes", "run", "wait")

    def __init__(self) -> None:
        self.outcomes: Counter[JobState] = Counter()
        self.wait = [0] * len(BUCKETS)
        self.run = [0] * len(BUCKETS)


class Metrics:
    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self.succeeded = self.failed = 0

    def count(self, queue: str, type_: str, run: Run, outcome: JobState) -> None:
        """An attempt has ended. Its end is now; its wait and start are the claim's."""
        lane = self._lanes.setdefault((queue, type_), _Lane())
        lane.outcomes[outcome] += 1
        lane.run[bucket((datetime.now(UTC) - run.started_at).total_seconds())] += 1
        if run.queued_at is not None:
            lane.wait[bucket((run.started_at - run.queued_at).total_seconds())] += 1
        self.succeeded += outcome is JobState.SUCCEEDED
        self.failed += outcome in (JobState.FAILED, JobState.RETRYING)

    async def flush(self) -> None:
        """Write and forget. Raises StoreError; what was not written is then lost, as figures may be."""
        lanes, self._lanes = self._lanes, {}
        now = datetime.now(UTC)
        for (queue, type_), lane in lanes.items():
            minute = Minute(
                at=now,
                succeeded=lane.outcomes[JobState.SUCCEEDED],
                failed=lane.outcomes[JobState.FAILED],
                retried=lane.outcomes[JobState.RETRYING],
                wait=tuple(lane.wait),
                run=tuple(lane.run),
            )
            await self._store.count(minute, queue=queue, type=type_)


def bucket(seconds: float) -> int:
    """Index in :data:`BUCKETS` of the first bound that is not below ``seconds``."""
    return bisect_left(BUCKETS, max(0.0, seconds))
