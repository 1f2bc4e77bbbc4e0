"""What the parts of the store share."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

from queueing.adapters.redis.connection import Arg, Connection
from queueing.adapters.redis.keys import Keys
from queueing.adapters.redis.packing import moment
from queueing.domain.states import FINISHED, JobState
from queueing.errors import ConfigurationError

DAY: Final = 86_400.0
RETENTION: Final[Mapping[JobState, float]] = MappingProxyType(
    {JobState.SUCCEEDED: DAY, JobState.CANCELLED: DAY, JobState.FAILED: 14 * DAY}
)
"""Seconds that a finished record is kept. Infinity: until it is discarded."""

BATCH: Final = 500
"""Items in one script call; more would keep Redis from its other clients for long."""
BATCH_BYTES: Final = 4 * 1024 * 1024

T = TypeVar("T")


class Part:
    def __init__(self, connection: Connection, retention: Mapping[JobState, float] | None) -> None:
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

    async def now(self) -> datetime:
        """By the store's clock."""
        seconds, micros = await self._connection.call("TIME")
        return moment(int(seconds) * 1000 + int(micros) / 1000)

    async def _run_batched(
        self, name: str, head: Sequence[Arg], items: Sequence[Sequence[Arg]], *, heavy: int | None = None
    ) -> list[Any]:
        """Run a script over items, in calls of bounded size; one answer an item, in their order.

        ``heavy``: from this argument on, an item may hold much.
        """
        answers: list[Any] = []
        for batch in _batches(items, heavy):
            args = [*head, *(arg for item in batch for arg in item)]
            answers.extend(await self._connection.run(name, args))
        return answers


def _batches(items: Sequence[Sequence[Arg]], heavy: int | None) -> Iterator[Sequence[Sequence[Arg]]]:
    if heavy is None:
        yield from chunks(items)
        return
    batch: list[Sequence[Arg]] = []
    size = 0
    for item in items:
        weight = sum(len(arg) for arg in item[heavy:] if type(arg) is bytes)
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
