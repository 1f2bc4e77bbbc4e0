"""One job many times over: what an operator asks for by a number, at once or spread over a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
import uuid_utils.compat as uuids

from queueing.domain.job import JobSpec
from queueing.domain.options import JobOptions
from queueing.producer import Producer

CHUNK: Final = 500


class Copies(NamedTuple):
    ids: list[str]
    """Of the jobs that were made."""
    existing: list[str]
    """Of those that were there already under the same unique key."""


class Ramp(NamedTuple):
    """Jobs that become due one after the other, evenly, the first at once."""

    begins_at: datetime
    seconds: float
    steps: int

    def of(self, spec: JobSpec, number: int) -> JobSpec:
        due = self.begins_at + timedelta(seconds=self.seconds * number / self.steps)
        options = msgspec.structs.replace(spec.options, delay=None, run_at=due)
        return msgspec.structs.replace(spec, options=options)


def ramp(options: JobOptions, now: datetime, *, over: float | None, count: int) -> Ramp | None:
    """From when the jobs would have been due without it. None: all are due together."""
    begins_at = options.run_at or now + timedelta(seconds=options.delay or 0.0)
    return Ramp(begins_at, over, count) if over and count > 1 else None


async def add_copies(
    producer: Producer,
    queue: str,
    type_: str,
    payload: Any,
    options: JobOptions,
    *,
    count: int,
    by: str,
    origin: str | None = None,
    over: float | None = None,
) -> Copies:
    """Add ``count`` jobs, all alike; ``over`` so many seconds. ``options`` are the whole truth: the type's own are not
    mixed in.

    Raises InvalidJob (nothing was stored), BrokerError or StoreError; those added before the error stay.
    """
    first = producer.spec(queue, type_, payload, options, created_by=by, origin=origin)
    spread = ramp(options, first.created_at, over=over, count=count)
    found = Copies([], [])
    for start in range(0, count, CHUNK):
        numbers = range(start, min(start + CHUNK, count))
        added = await add_specs(producer, [copy(first, n, str(uuids.uuid7()), spread) for n in numbers])
        found.ids.extend(added.ids)
        found.existing.extend(added.existing)
    return found


async def add_specs(producer: Producer, specs: Sequence[JobSpec]) -> Copies:
    ids = await asyncio.gather(*map(producer.add_spec, specs))
    found = Copies([], [])
    for spec, job_id in zip(specs, ids, strict=True):
        (found.ids if spec.id == job_id else found.existing).append(job_id)
    return found


def copy(spec: JobSpec, number: int, job_id: str, spread: Ramp | None) -> JobSpec:
    named = msgspec.structs.replace(spec, id=job_id)
    return spread.of(named, number) if spread else named
