"""A job whose time to start has passed is failed, also where nobody would ever have asked for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from queueing import JobOptions, JobState
from queueing.domain.limits import Limit
from queueing.worker.expiry import BATCH, Expirer
from tests.eventually import eventually
from tests.worker.engines import BRISK, OTHERS, QUEUE, Engine

ELSEWHERE = msgspec.structs.replace(BRISK, queues=OTHERS[:1])


def expiring(seconds: float) -> JobOptions:
    return JobOptions(expires_at=datetime.now(UTC) + timedelta(seconds=seconds))


async def test_a_job_of_a_queue_that_nobody_serves_expires_and_its_message_is_dropped_later(engine: Engine) -> None:
    ran: list[str] = []
    engine.handle("mark", lambda: ran.append("x"))
    job_id = await engine.add("mark", None, expiring(0.2))
    async with engine.working(ELSEWHERE):
        failed = await engine.becomes(job_id, JobState.FAILED)
        assert (failed.error_kind, failed.attempts) == ("Expired", ())
        depth = await eventually(lambda: _dead(engine, 1))
        assert depth == (1, 1), "its message and its dead letter"
    async with engine.working():
        assert await eventually(lambda: _dead(engine, 1, ready=0)) == (0, 1)
    assert ran == []


async def _dead(engine: Engine, dead: int, *, ready: int | None = None) -> tuple[int | None, int | None] | None:
    depth = await engine.cluster.broker.depth(QUEUE)
    return (depth.ready, depth.dead) if depth.dead == dead and ready in (None, depth.ready) else None


async def test_a_job_of_a_paused_queue_expires(engine: Engine) -> None:
    engine.handle("mark", lambda: None)
    await engine.cluster.operations.pause(QUEUE, by="mira")
    async with engine.working():
        job_id = await engine.add("mark", None, expiring(0.3))
        assert (await engine.becomes(job_id, JobState.FAILED)).error_kind == "Expired"


async def test_a_job_that_waits_for_a_limit_expires_in_its_line(engine: Engine) -> None:
    engine.handle("mark", lambda: None, limit=Limit(rate=1, per=3600))
    async with engine.working():
        first = await engine.add("mark")
        await engine.becomes(first, JobState.SUCCEEDED)
        job_id = await engine.add("mark", None, expiring(0.5))
        failed = await engine.becomes(job_id, JobState.FAILED)
    assert (failed.error_kind, failed.attempt) == ("Expired", 0)


async def test_an_expired_job_that_is_replayed_runs(engine: Engine) -> None:
    engine.handle("touch", lambda: "touched")
    async with engine.working():
        job_id = await engine.add("touch", None, expiring(-1))
        await engine.becomes(job_id, JobState.FAILED)
        await engine.cluster.operations.retry([job_id], by="mira")
        await engine.becomes(job_id, JobState.SUCCEEDED)


async def test_more_than_a_batch_expires_in_one_pass_and_each_has_its_dead_letter(engine: Engine) -> None:
    cluster = engine.cluster
    options = expiring(-1)
    count = 2 * BATCH + 10
    await cluster.producer.add_many(QUEUE, "touch", [None] * count, options)
    await Expirer(cluster.store, cluster.dispatch).tend()
    counts = await cluster.inspector.counts(queues=[QUEUE])
    assert (counts[JobState.FAILED], counts[JobState.QUEUED]) == (count, 0)
    assert await cluster.store.outbox_size() == 0
    assert (await cluster.broker.depth(QUEUE)).dead == count
