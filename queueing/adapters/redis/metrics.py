"""Counters by the minute, of all jobs and of each lane; and each lane's since it was first seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from queueing.adapters.redis.base import Part
from queueing.adapters.redis.keys import lane_name, parse_lane
from queueing.adapters.redis.lane import Arg
from queueing.domain.figures import IDLE, OTHER, OWN_LANES, LaneTotals
from queueing.domain.reading import BUCKETS, Minute

KEPT: Final = {1: 25 * 3600, 10: 25 * 3600, 60: 8 * 86_400}
"""Seconds, by how many minutes are summed up: a day's chart, a week's, and some to spare."""
SPAN: Final = range(len(BUCKETS))
MICROS: Final = 1_000_000
"""Times are summed up in whole microseconds: adding fractions again and again drifts."""
OTHERS: Final = b":"
"""The lane of those that have no totals of their own: no queue, no type."""
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
        for name in ("waited", "ran"):
            if micros := round(getattr(minute, name) * MICROS):
                counters += [name, micros]
        if counters:
            head: list[Arg] = [lane_name(queue, type), *KEPT.values(), OWN_LANES, round(IDLE * 1000)]
            await self._connection.run("count", [*head, *counters])

    async def totals(self) -> list[LaneTotals]:
        own = await self._connection.call("ZRANGE", self._keys("totals"), 0, -1)
        lanes = [*sorted(own), OTHERS]
        answers = await self._connection.pipeline([("HGETALL", self._keys("totals", lane.decode())) for lane in lanes])
        return [_totals(lane, counters) for lane, counters in zip(lanes, answers, strict=True) if counters]

    async def minutes(
        self,
        *,
        since: datetime,
        until: datetime,
        queue: str | None = None,
        type: str | None = None,
        step: int = 1,
    ) -> list[Minute]:
        stamps = range(int(since.timestamp() // 60) // step, int(until.timestamp() // 60) // step + 1)
        every = queue is None and type is None
        if step not in KEPT or (step > 1 and not every):
            raise ValueError("Sums are of 1, 10 or 60 minutes, and those of more than one are of all queues and types.")
        keys = [self._keys("metrics", *([str(step)] if step > 1 else []), str(stamp)) for stamp in stamps]
        if every:
            answers = await self._connection.pipeline([("HMGET", key, *_FIELDS) for key in keys])
            tallies = [dict(zip(_FIELDS, answer, strict=True)) for answer in answers]
        else:
            answers = await self._connection.pipeline([("HGETALL", key) for key in keys])
            tallies = [_tally(answer, queue, type) for answer in answers]
        return [_minute(stamp, step, tally) for stamp, tally in zip(stamps, tallies, strict=True)]


def _tally(counters: Mapping[bytes, bytes], queue: str | None, job_type: str | None) -> dict[str, int]:
    """The sum of the lanes that are wanted, by counter."""
    tally: dict[str, int] = {}
    for key, number in counters.items():
        lane, _, name = key.decode().rpartition(":")
        of_queue, _, of_type = lane.partition(":")
        if lane and queue in (None, of_queue) and job_type in (None, of_type):
            tally[name] = tally.get(name, 0) + int(number)
    return tally


def _minute(stamp: int, step: int, tally: Mapping[str, bytes | int | None]) -> Minute:
    def number(name: str) -> int:
        return int(tally.get(name) or 0)

    return Minute(
        at=datetime.fromtimestamp(stamp * step * 60, UTC),
        minutes=step,
        succeeded=number("succeeded"),
        failed=number("failed"),
        retried=number("retried"),
        wait=tuple(number(f"wait{bucket}") for bucket in SPAN),
        run=tuple(number(f"run{bucket}") for bucket in SPAN),
    )


def _totals(lane: bytes, counters: Mapping[bytes, bytes]) -> LaneTotals:
    queue, job_type = (OTHER, OTHER) if lane == OTHERS else parse_lane(lane)

    def number(name: str) -> int:
        return int(counters.get(name.encode(), 0))

    return LaneTotals(
        queue=queue,
        type=job_type,
        succeeded=number("succeeded"),
        failed=number("failed"),
        retried=number("retried"),
        wait=tuple(number(f"wait{bucket}") for bucket in SPAN),
        waited=number("waited") / MICROS,
        run=tuple(number(f"run{bucket}") for bucket in SPAN),
        ran=number("ran") / MICROS,
    )
