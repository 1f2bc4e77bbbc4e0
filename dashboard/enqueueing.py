"""Adding one job or many alike, as an operator asked for them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import uuid_utils.compat as uuids

from queueing import runtime, sync
from queueing.domain.job import JobSpec
from queueing.domain.options import JobOptions

CHUNK = 500


class Enqueued(NamedTuple):
    ids: list[str]
    """Of the jobs that were made."""
    existing: list[str]
    """Of those that were there already under the same unique key."""


def enqueue(
    queue: str, type_: str, payload: Any, options: JobOptions, *, count: int, by: str, origin: str | None = None
) -> Enqueued:
    """Raises InvalidJob, BrokerError or StoreError; of many, those added before the error stay."""
    return sync.run(_enqueue(queue, type_, payload, options, count, by, origin))


async def _enqueue(
    queue: str, type_: str, payload: Any, options: JobOptions, count: int, by: str, origin: str | None
) -> Enqueued:
    producer = runtime.cluster().producer
    checked = producer.spec(queue, type_, payload, options, created_by=by, origin=origin)
    # The producer merges options with the type's own, so that one set back to the general default would be lost.
    first = msgspec.structs.replace(checked, options=options)
    found = Enqueued([], [])
    for start in range(0, count, CHUNK):
        specs = [again(first) for _ in range(min(CHUNK, count - start))]
        ids = await asyncio.gather(*map(producer.add_spec, specs))
        for spec, job_id in zip(specs, ids, strict=True):
            (found.ids if spec.id == job_id else found.existing).append(job_id)
    return found


def again(spec: JobSpec) -> JobSpec:
    return msgspec.structs.replace(spec, id=str(uuids.uuid7()), created_at=datetime.now(UTC))


def priorities() -> bool:
    return runtime.cluster().broker.capabilities.priorities
