"""One job many times over: what an operator asks for by a number."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
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
) -> Copies:
    """Add ``count`` jobs, all alike. ``options`` are the whole truth: the type's own are not mixed in.

    Raises InvalidJob (nothing was stored), BrokerError or StoreError; those added before the error stay.
    """
    first = producer.spec(queue, type_, payload, options, created_by=by, origin=origin)
    found = Copies([], [])
    for start in range(0, count, CHUNK):
        specs = [_copy(first) for _ in range(min(CHUNK, count - start))]
        ids = await asyncio.gather(*map(producer.add_spec, specs))
        for spec, job_id in zip(specs, ids, strict=True):
            (found.ids if spec.id == job_id else found.existing).append(job_id)
    return found


def _copy(spec: JobSpec) -> JobSpec:
    return msgspec.structs.replace(spec, id=str(uuids.uuid7()), created_at=datetime.now(UTC))
