"""What the promises of a store are tested with: jobs, their messages, and a living worker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import uuid_utils as uuids

from queueing.domain.job import Attempt, ErrorInfo, JobRecord, JobRef, JobSpec
from queueing.domain.message import Incoming
from queueing.domain.options import JobOptions
from queueing.domain.ports import JobStore, Run, Settled, Settlement
from queueing.domain.reading import WorkerStatus
from queueing.domain.states import JobState

QUEUE = "post"
TYPE = "send_letter"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def job(
    *, queue: str = QUEUE, type: str = TYPE, payload: bytes = b'{"to":"ada"}', id: str = "", **options: Any
) -> JobSpec:
    return JobSpec(
        # In the order of their making, which is what lists fall back on within a millisecond.
        id=id or str(uuids.uuid7()),
        queue=queue,
        type=type,
        payload=payload,
        options=JobOptions(**options),
        created_at=datetime.now(UTC),
        created_by="tests",
    )


def message(spec: JobSpec, *, epoch: int = 1, attempt: int = 0, not_before: datetime | None = None) -> Incoming:
    return Incoming(spec=spec, epoch=epoch, attempt=attempt, not_before=not_before)


def status(worker: str = "ada", **changes: Any) -> WorkerStatus:
    given: dict[str, Any] = {
        "id": worker,
        "host": "attic",
        "pid": 4711,
        "version": "1.0",
        "queues": (QUEUE,),
        "types": (TYPE,),
        "concurrency": 5,
        "running": (),
        "state": "running",
        "started_at": NOON,
        "beat_at": NOON,
        "rss": 50_000_000,
        "cpu": 0.25,
        "succeeded": 3,
        "failed": 1,
    }
    return WorkerStatus(**(given | changes))


async def alive(store: JobStore, worker: str = "ada", *, ttl: float = 30.0) -> str:
    assert (await store.beat(status(worker), ttl=ttl)).known
    return worker


async def added(store: JobStore, **options: Any) -> JobSpec:
    """One job whose message is confirmed."""
    spec = job(**options)
    [answer] = await store.add([spec])
    await store.confirm([answer.ref])
    return spec


async def claimed(store: JobStore, spec: JobSpec, *, worker: str = "ada", epoch: int = 1) -> Run:
    [verdict] = await store.claim([message(spec, epoch=epoch)], worker=worker)
    assert isinstance(verdict, Run), verdict
    return verdict


async def running(store: JobStore, *, worker: str = "ada", **options: Any) -> tuple[JobSpec, Run]:
    await alive(store, worker)
    spec = await added(store, **options)
    return spec, await claimed(store, spec, worker=worker)


def ending(
    spec: JobSpec, run: Run, outcome: JobState = JobState.SUCCEEDED, *, epoch: int = 1, **changes: Any
) -> Settlement:
    return Settlement(ref=JobRef(spec.id, epoch), token=run.token, outcome=outcome, **changes)


def attempt(run: Run, outcome: JobState, error: ErrorInfo | None = None, *, epoch: int = 1) -> Attempt:
    return Attempt(
        number=run.attempt,
        epoch=epoch,
        worker="ada",
        started_at=run.started_at,
        ended_at=run.started_at + timedelta(seconds=2),
        outcome=outcome,
        error=error,
        queued_at=run.queued_at,
    )


async def settled(store: JobStore, settlement: Settlement) -> Settled:
    [answer] = await store.settle([settlement])
    assert answer is not None
    return answer


async def in_state(store: JobStore, state: JobState, **options: Any) -> JobSpec:
    """A job that has come to ``state`` on its usual way."""
    if state is JobState.SCHEDULED:
        return await added(store, delay=60.0, **options)
    if state is JobState.QUEUED:
        return await added(store, **options)
    spec, run = await running(store, **options)
    if state is not JobState.RUNNING:
        delay = 60.0 if state is JobState.RETRYING else 0.0
        answer = await settled(store, ending(spec, run, state, delay=delay))
        await store.confirm([answer.ref])
    return spec


async def record(store: JobStore, spec: JobSpec) -> JobRecord:
    found = await store.get(spec.id)
    assert found is not None
    return found


async def state_of(store: JobStore, spec: JobSpec) -> JobState:
    [row] = await store.summaries([spec.id])
    assert row is not None
    return row.state


async def index_of(store: JobStore, spec: JobSpec) -> dict[JobState, int]:
    """How often the job's lane counts a job, by state; states without are left out."""
    return {
        state: number
        for lane in await store.lanes()
        if (lane.queue, lane.type) == (spec.queue, spec.type)
        for state, number in lane.counts.items()
        if number
    }
