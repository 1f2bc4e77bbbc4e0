"""Many failed jobs at once, written as a worker would leave them, without running them."""

from __future__ import annotations

from datetime import UTC, datetime

import uuid_utils.compat as uuids

from queueing.domain.job import Attempt, ErrorInfo, JobRef, JobSpec
from queueing.domain.message import Incoming
from queueing.domain.options import JobOptions
from queueing.domain.ports import Run, Settlement
from queueing.domain.states import JobState
from queueing.runtime import Cluster
from tests.contracts.stores import status

CLOSED = ErrorInfo(kind="ConnectionError", message="the road is closed", fingerprint="closed")
BATCH = 500


async def dig(cluster: Cluster, count: int, *, queue: str = "parcels", type_: str = "ship") -> list[str]:
    """Ids of failed jobs, oldest first. Their dead letters are not in the broker."""
    store, ids = cluster.store, []
    await store.register_queue(queue)
    await store.beat(status("digger", queues=(queue,)), ttl=60.0)
    for start in range(0, count, BATCH):
        specs = [_spec(order, queue, type_) for order in range(start, min(count, start + BATCH))]
        await store.confirm([added.ref for added in await store.add(specs)])
        runs = await store.claim([Incoming(spec=spec, epoch=1, attempt=0) for spec in specs], worker="digger")
        ends = [_end(spec, run) for spec, run in zip(specs, runs, strict=True) if isinstance(run, Run)]
        await store.confirm([settled.ref for settled in await store.settle(ends) if settled is not None])
        ids += [spec.id for spec in specs]
    await store.forget_worker("digger")
    return ids


def _spec(order: int, queue: str, type_: str) -> JobSpec:
    return JobSpec(
        id=str(uuids.uuid7()),
        queue=queue,
        type=type_,
        payload=b'{"order":%d}' % order,
        options=JobOptions(max_attempts=1),
        created_at=datetime.now(UTC),
        created_by="tests",
    )


def _end(spec: JobSpec, run: Run) -> Settlement:
    attempt = Attempt(
        number=1,
        epoch=1,
        worker="digger",
        started_at=run.started_at,
        ended_at=datetime.now(UTC),
        outcome=JobState.FAILED,
        error=CLOSED,
        queued_at=run.queued_at,
    )
    return Settlement(ref=JobRef(spec.id, 1), token=run.token, outcome=JobState.FAILED, attempt=attempt)
