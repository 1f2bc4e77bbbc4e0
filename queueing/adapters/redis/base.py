"""What the parts of the store share."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

from queueing.adapters.redis.clock import Stopwatch, StoreClock
from queueing.adapters.redis.connection import Connection
from queueing.adapters.redis.keys import Keys, parse_lane
from queueing.adapters.redis.lane import Arg
from queueing.adapters.redis.packing import moment
from queueing.domain.states import FINISHED, JobState
from queueing.errors import ConfigurationError

DAY: Final = 86_400.0
RETENTION: Final[Mapping[JobState, float]] = MappingProxyType(
    {JobState.SUCCEEDED: DAY, JobState.CANCELLED: DAY, JobState.FAILED: 14 * DAY}
)
"""Seconds that a finished record is kept. Infinity: until it is discarded."""

BATCH: Final = 100
"""Items in one script call: Redis serves nobody else meanwhile, and a script shall not take 10 ms."""
LANES: Final = 200
"""Lanes in one script call that only looks at them."""
BATCH_BYTES: Final = 4 * 1024 * 1024

T = TypeVar("T")


class Part:
    def __init__(self, connection: Connection, retention: Mapping[JobState, float] | None) -> None:
        self._tuning: asyncio.Task[datetime] | None = None
        self._connection: Final = connection
        self._keys: Final[Keys] = connection.keys
        kept = {**RETENTION, **(retention or {})}
        for state, seconds in kept.items():
            if state not in FINISHED or not seconds >= 0:
                raise ConfigurationError(f"Retention is for finished states, 0 seconds or more: not {state}={seconds}.")
        self._retention: Final = {state: -1 if math.isinf(kept[state]) else round(kept[state] * 1000) for state in kept}

    def _finished_retention(self) -> list[Arg]:
        """Of succeeded, failed, cancelled, in ms; -1: for ever."""
        return [self._retention[state] for state in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)]

    @property
    def clock(self) -> StoreClock:
        return self._connection.clock

    async def now(self) -> datetime:
        """By the store's clock."""
        watch = Stopwatch(self.clock)
        seconds, micros = await self._connection.call("TIME")
        found = moment(int(seconds) * 1000 + int(micros) / 1000)
        watch.stop(found)
        return found

    async def tune_clock(self) -> None:
        if not self.clock.is_stale:
            return
        if self._tuning is None:
            # One question for all who ask at once: each of a thousand would take a connection of its own.
            self._tuning = asyncio.create_task(self.now())
            self._tuning.add_done_callback(self._tuned)
        await asyncio.shield(self._tuning)

    def _tuned(self, task: asyncio.Task[datetime]) -> None:
        self._tuning = None
        if not task.cancelled():
            task.exception()  # for the case that nobody waits for it any more

    async def known_lanes(self) -> list[tuple[str, str]]:
        """Queue and type of every lane that was ever seen."""
        return sorted(parse_lane(member) for member in await self._connection.call("SMEMBERS", self._keys("lanes")))

    async def _run_batched(
        self, name: str, head: Sequence[Arg], items: Sequence[Sequence[Arg]], *, heavy: int | None = None
    ) -> list[Any]:
        """Run a script over items, in calls of bounded size; one answer an item, in their order.

        ``heavy``: from this argument on, an item may hold much.
        """
        answers: list[Any] = []
        for batch in _batches(items, heavy):
            args = list(head)
            for item in batch:
                args += item
            answers.extend(await self._connection.run(name, args))
        return answers


def _batches(items: Sequence[Sequence[Arg]], heavy: int | None) -> Iterator[Sequence[Sequence[Arg]]]:
    if heavy is None:
        yield from chunks(items)
        return
    batch: list[Sequence[Arg]] = []
    size = 0
    for item in items:
        weight = 0
        for arg in item[heavy:]:
            if type(arg) is bytes:
                weight += len(arg)
        if batch and (len(batch) >= BATCH or size + weight > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += weight
    if batch:
        yield batch


def chunks(items: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
