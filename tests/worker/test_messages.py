"""Messages that others put into the queue, and messages that are nobody's."""

from __future__ import annotations

import uuid

from queueing import JobOptions, JobState
from queueing.domain.ports import Destination, Outgoing
from queueing.domain.reading import JobFilter
from tests.eventually import eventually
from tests.worker.engines import QUEUE, Engine


def raw(body: bytes, **changes: object) -> Outgoing:
    given = {"queue": QUEUE, "type": "", "body": body, "headers": {}, "message_id": str(uuid.uuid4()), "raw": True}
    return Outgoing(**(given | changes))  # type: ignore[arg-type]


async def test_a_message_of_type_and_payload_is_a_job(engine: Engine) -> None:
    engine.handle("add", lambda a, b: a + b)
    sent = raw(b'{"type":"add","payload":{"a":2,"b":3}}')
    async with engine.working():
        assert await engine.cluster.broker.publish([sent]) == [None]
        job = await engine.becomes(sent.message_id, JobState.SUCCEEDED)
    assert (job.result, job.spec.created_by) == (b"5", "foreign")


async def test_bytes_that_are_no_job_end_failed_and_in_the_dead_letters(engine: Engine) -> None:
    sent = raw(b"\x1f\x8b not json \x00\xff")
    async with engine.working():
        await engine.cluster.broker.publish([sent])
        job = await engine.becomes(sent.message_id, JobState.FAILED)

        async def rests() -> bool:
            depth = await engine.cluster.broker.depth(QUEUE)
            return (depth.ready, depth.dead) == (0, 1)

        await eventually(rests)
    assert (job.error_kind, job.spec.encoding, job.payload) == ("Malformed", "raw", sent.body)


async def test_a_replayed_malformed_message_fails_again_and_is_not_lost(engine: Engine) -> None:
    sent = raw(b"[not a job]")
    async with engine.working():
        await engine.cluster.broker.publish([sent])
        first = await engine.becomes(sent.message_id, JobState.FAILED)
        await engine.cluster.operations.retry([first.id], by="mira")

        async def again() -> bool:
            job = await engine.job(first.id)
            return job.state is JobState.FAILED and job.epoch > first.epoch

        await eventually(again, timeout=10)

        async def one_rests() -> bool:
            return (await engine.cluster.broker.depth(QUEUE)).dead == 1

        await eventually(one_rests, timeout=15)


async def test_the_same_message_twice_runs_once(engine: Engine) -> None:
    runs: list[int] = []

    def count() -> int:
        runs.append(1)
        return len(runs)

    engine.handle("count", count)
    sent = raw(b'{"type":"count"}')
    async with engine.working():
        await engine.cluster.broker.publish([sent, sent])
        await engine.becomes(sent.message_id, JobState.SUCCEEDED)

        async def settled() -> bool:
            depth = await engine.cluster.broker.depth(QUEUE)
            return depth.ready == 0

        await eventually(settled)
        marker = raw(b'{"type":"count"}')
        await engine.cluster.broker.publish([marker])
        await engine.becomes(marker.message_id, JobState.SUCCEEDED)
    assert len(runs) == 2


async def test_a_stranger_in_the_dead_letters_is_taken_in(engine: Engine) -> None:
    engine.handle("touch", lambda: "touched")
    stray = raw(b'{"type":"touch"}', destination=Destination.DEAD)
    await engine.cluster.store.register_queue(QUEUE)
    await engine.cluster.broker.declare(QUEUE)
    await engine.cluster.broker.publish([stray])
    async with engine.working():
        taken = await engine.becomes(stray.message_id, JobState.FAILED, timeout=15)
        assert taken.error_kind == "DeadLettered"
        await engine.cluster.operations.retry([taken.id], by="mira")
        await engine.becomes(taken.id, JobState.SUCCEEDED)


async def test_nothing_is_left_over_when_all_is_done(engine: Engine) -> None:
    engine.handle("touch", lambda: "touched")
    async with engine.working():
        ids = [await engine.add("touch", None, JobOptions(delay=n % 3 * 0.1)) for n in range(30)]
        for job_id in ids:
            await engine.becomes(job_id, JobState.SUCCEEDED)

        async def empty() -> bool:
            depth = await engine.cluster.broker.depth(QUEUE)
            return (depth.ready, depth.dead, await engine.cluster.store.outbox_size()) == (0, 0, 0)

        await eventually(empty)
    page = await engine.cluster.inspector.page(JobFilter())
    assert len(page.rows) == 30
    assert not any(row.unconfirmed for row in page.rows)


async def test_the_dead_letter_of_a_discarded_job_goes(engine: Engine) -> None:
    async def dead() -> int:
        return (await engine.cluster.broker.depth(QUEUE)).dead or 0

    async with engine.working():
        job_id = await engine.add("nobody_knows")
        await engine.becomes(job_id, JobState.FAILED)
        await eventually(dead)
        [changed] = await engine.cluster.operations.discard([job_id])
        assert changed.done

        async def gone() -> bool:
            return await dead() == 0

        await eventually(gone, timeout=15)
    assert await engine.cluster.inspector.job(job_id) is None
