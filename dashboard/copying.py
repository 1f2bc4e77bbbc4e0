"""Jobs by the ten thousand, all alike: more than a request has time for, so a job of their own makes them. Its page
shows how far it is; cancelled, it makes no more."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import msgspec
from django.utils import timezone

from dashboard.bulk.chosen import QUEUE
from queueing import JobContext, runtime, sync
from queueing.copies import CHUNK, add_specs, copy, ramp
from queueing.domain.options import JobOptions

TYPE = "leveret.copies"
AT_ONCE = 2_000
"""Jobs that a request makes itself."""


class Many(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be made. The moment is fixed, so that whoever goes on after a crash keeps to the same times."""

    queue: str
    type: str
    payload: Any
    options: JobOptions
    count: int
    over: float | None = None
    """Seconds over which they become due."""
    origin: str | None = None
    asked_at: datetime


def begin(
    queue: str, type_: str, payload: Any, options: JobOptions, *, count: int, over: float | None, by: str, origin: str
) -> str:
    """The id of the job that makes them. Raises InvalidJob, as one of them would, or StoreError."""
    producer = runtime.cluster().producer
    producer.spec(queue, type_, payload, options, created_by=by, origin=origin or None)
    many = Many(
        queue=queue, type=type_, payload=payload, options=options, count=count, over=over,
        origin=origin or None, asked_at=timezone.now(),
    )  # fmt: skip
    return sync.run(producer.add(QUEUE, TYPE, msgspec.to_builtins(many), created_by=by))


def run(many: Many, context: JobContext) -> str:
    """Each copy has an id of its own that follows from this job's: none is made twice, whoever goes on after a crash,
    as long as its record is kept. Who asked is said by the job itself: its payload could name anybody."""
    producer = runtime.cluster().producer
    first = producer.spec(
        many.queue, many.type, many.payload, many.options, created_by=context.spec.created_by, origin=many.origin
    )  # fmt: skip
    spread = ramp(many.options, many.asked_at, over=many.over, count=many.count)
    names = uuid.uuid5(uuid.NAMESPACE_OID, context.id)
    made = 0
    for start in range(0, many.count, CHUNK):
        context.raise_if_cancelled()
        numbers = range(start, min(start + CHUNK, many.count))
        specs = [copy(first, n, str(uuid.uuid5(names, str(n))), spread) for n in numbers]
        made += len(sync.run(add_specs(producer, specs)).ids)
        context.progress(numbers.stop, many.count, "jobs enqueued")
    there = f", {many.count - made:,} were there already" if made < many.count else ""
    return f"{made:,} jobs of {many.type} on {many.queue}{there}"
