"""Counters by the minute: of all jobs, and of each lane."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from queueing.adapters.redis.base import Part
from queueing.adapters.redis.connection import Arg
from queueing.domain.reading import BUCKETS, Minute

KEPT: Final = 25 * 3600
"""Seconds: a day's chart, and an hour to spare."""
SPAN: Final = range(len(BUCKETS))
_COUNTERS: Final = ("succeeded", "failed", "retried")
_FIELDS: Final = (*_COUNTERS, *(f"wait{i}" for i in SPAN), *(f"run{i}" for i in SPAN))


class Metrics(Part):
    async def count(self, minute: Minute, *, queue: str, type: str) -> None:
        counters: list[Arg] = []
        for name in _COUNTERS:
            if number := getattr(minute, name):
                counters += [name, number]
        for name, histogram in (("wait", minute.wait), ("run", minute.run)):
            for bucket, number in enumerate(histogram):
                if number:
                    counters += [f"{name}{bucket}", number]
        if counters:
            await self._connection.run("count", [f"{queue}:{type}", KEPT, *counters])

    async def minutes(
        self, *, since: datetime, until: datetime, queue: str | None = None, type: str | None = None
    ) -> list[Minute]:
        stamps = range(int(since.timestamp() // 60), int(until.timestamp() // 60) + 1)
        keys = [self._keys("metrics", str(stamp)) for stamp in stamps]
        if queue is None and type is None:
            answers = await self._connection.pipeline([("HMGET", key, *_FIELDS) for key in keys])
            tallies = [dict(zip(_FIELDS, answer, strict=True)) for answer in answers]
        else:
            answers = await self._connection.pipeline([("HGETALL", key) for key in keys])
            tallies = [_tally(answer, queue, type) for answer in answers]
        return [_minute(stamp, tally) for stamp, tally in zip(stamps, tallies, strict=True)]


def _tally(counters: Mapping[bytes, bytes], queue: str | None, job_type: str | None) -> dict[str, int]:
    """The sum of the lanes that are wanted, by counter."""
    tally: dict[str, int] = {}
    for key, number in counters.items():
        lane, _, name = key.decode().rpartition(":")
        of_queue, _, of_type = lane.partition(":")
        if lane and queue in (None, of_queue) and job_type in (None, of_type):
            tally[name] = tally.get(name, 0) + int(number)
    return tally


def _minute(stamp: int, tally: Mapping[str, bytes | int | None]) -> Minute:
    def number(name: str) -> int:
        return int(tally.get(name) or 0)

    return Minute(
        at=datetime.fromtimestamp(stamp * 60, UTC),
        succeeded=number("succeeded"),
        failed=number("failed"),
        retried=number("retried"),
        wait=tuple(number(f"wait{bucket}") for bucket in SPAN),
        run=tuple(number(f"run{bucket}") for bucket in SPAN),
    )
