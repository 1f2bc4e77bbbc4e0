"""Counts and latencies of one worker, added up here and written once a heartbeat."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections import Counter
from datetime import datetime
from typing import Final

from queueing.domain.ports import JobStore, Run
from queueing.domain.reading import BUCKETS, Minute
from queueing.domain.states import JobState

log: Final = logging.getLogger("queueing.worker")


class _Lane:
    __slots__ = ("outcomes", "ran", "run", "wait", "waited")

    def __init__(self) -> None:
        self.outcomes: Counter[JobState] = Counter()
        self.wait = [0] * len(BUCKETS)
        self.run = [0] * len(BUCKETS)
        self.waited = self.ran = 0.0


class Metrics:
    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self.succeeded = self.failed = 0

    def count(self, queue: str, type_: str, run: Run, outcome: JobState, *, now: datetime) -> None:
        """An attempt has ended, ``now``; its wait and start are the claim's."""
        lane = self._lanes.get((queue, type_)) or self._lanes.setdefault((queue, type_), _Lane())
        lane.outcomes[outcome] += 1
        ran = _seconds(run.started_at, now)
        lane.run[bucket(ran)] += 1
        lane.ran += ran
        if run.queued_at is not None:
            waited = _seconds(run.queued_at, run.started_at)
            lane.wait[bucket(waited)] += 1
            lane.waited += waited
        self.succeeded += outcome is JobState.SUCCEEDED
        self.failed += outcome in (JobState.FAILED, JobState.RETRYING)

    async def flush(self) -> None:
        """Write and forget. Raises StoreError; what was not written is then lost, as figures may be."""
        lanes, self._lanes = self._lanes, {}
        now = self._store.clock.now()
        for (queue, type_), lane in lanes.items():
            minute = Minute(
                at=now,
                succeeded=lane.outcomes[JobState.SUCCEEDED],
                failed=lane.outcomes[JobState.FAILED],
                retried=lane.outcomes[JobState.RETRYING],
                wait=tuple(lane.wait),
                run=tuple(lane.run),
                waited=lane.waited,
                ran=lane.ran,
            )
            await self._store.count(minute, queue=queue, type=type_)


def bucket(seconds: float) -> int:
    """Index in :data:`BUCKETS` of the first bound that is not below ``seconds``."""
    return bisect_left(BUCKETS, max(0.0, seconds))


def _seconds(start: datetime, end: datetime) -> float:
    """Never less than none: two readings of a clock that is set right between them may lie the wrong way round."""
    return max(0.0, (end - start).total_seconds())
