"""What the leader does for jobs that something has gone wrong with."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from queueing import JobOptions, JobState
from queueing.domain.message import Incoming
from queueing.domain.ports import Outgoing, Run
from queueing.errors import BrokerUnavailable, QueueArgumentsMismatch, StoreUnavailable
from queueing.worker import strays
from queueing.worker.outbox import OutboxSweeper
from queueing.worker.rescuer import Rescuer
from queueing.worker.retention import Trimmer
from queueing.worker.strays import StrayFinder
from tests.eventually import eventually
from tests.worker.engines import QUEUE, Engine


async def ready(engine: Engine) -> int:
    return (await engine.cluster.broker.depth(QUEUE)).ready or 0


async def test_jobs_whose_messages_the_broker_has_lost_run_all_the_same(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strays, "BATCH", 2)  # fewer than are lost: all are sent, for the queue is not empty after some
    ran: list[int] = []
    engine.handle("mark", lambda number: ran.append(number))
    ids = [await engine.add("mark", {"number": n}) for n in range(5)]
    cluster = engine.cluster
    assert await cluster.broker.purge(QUEUE) == 5
    finder = StrayFinder(cluster.broker, cluster.store, cluster.dispatch, patience=0)
    await cluster.store.register_queue(QUEUE)
    await finder.tend()
    assert await ready(engine) == 5
    await finder.tend()
    assert await ready(engine) == 5, "what waits in the queue is not lost"
    async with engine.working():
        for job_id in ids:
            await engine.becomes(job_id, JobState.SUCCEEDED)
    assert sorted(ran) == [0, 1, 2, 3, 4]


async def test_the_messages_of_a_paused_queue_rest_in_it_and_are_missed_when_they_are_gone(engine: Engine) -> None:
    cluster = engine.cluster
    await cluster.operations.pause(QUEUE, by="mira")
    finder = StrayFinder(cluster.broker, cluster.store, cluster.dispatch, patience=0)
    async with engine.working():
        await engine.add("mark")
        await finder.tend()
        assert await ready(engine) == 1, "what rests is not lost"
        await cluster.broker.purge(QUEUE)
        await finder.tend()
        assert await ready(engine) == 1


async def test_jobs_added_while_the_broker_is_away_wait_in_the_outbox_and_are_sent_later(engine: Engine) -> None:
    engine.handle("touch", lambda: "touched")
    cluster = engine.cluster
    publish, declare = cluster.broker.publish, cluster.broker.declare

    async def away(messages: list[Outgoing]) -> list[Exception | None]:
        return [BrokerUnavailable("away")] * len(messages)

    async def no_queue(queue: str) -> None:
        raise BrokerUnavailable("away")

    cluster.dispatch._publish._run = away  # type: ignore[assignment]
    cluster.broker.declare = no_queue  # type: ignore[method-assign]
    job_id = await engine.add("touch")
    waiting = await engine.job(job_id)
    assert (waiting.state, waiting.unconfirmed) == (JobState.QUEUED, True)
    cluster.dispatch._publish._run = publish  # type: ignore[assignment]
    cluster.broker.declare = declare  # type: ignore[method-assign]
    sweeper = OutboxSweeper(cluster.store, cluster.dispatch, patience=0)
    await sweeper.tend()
    assert await cluster.store.outbox_size() == 0
    async with engine.working():
        await engine.becomes(job_id, JobState.SUCCEEDED)


async def test_an_entry_that_a_crash_left_behind_makes_a_second_message_and_the_job_runs_once(engine: Engine) -> None:
    runs: list[str] = []
    engine.handle("touch", lambda: runs.append("run"))
    cluster = engine.cluster
    confirm = cluster.store.confirm

    async def dies(refs: object) -> None:
        raise StoreUnavailable("the process died between the confirm and the clearing")

    cluster.dispatch._clearing._confirm = dies
    job_id = await engine.add("touch")
    await cluster.dispatch.finish()
    assert await cluster.store.outbox_size() == 1
    cluster.dispatch._clearing._confirm = confirm
    await OutboxSweeper(cluster.store, cluster.dispatch, patience=0).tend()
    assert (await cluster.store.outbox_size(), await ready(engine)) == (0, 2)
    async with engine.working():
        await engine.becomes(job_id, JobState.SUCCEEDED)
        await eventually(lambda: _none_ready(engine))
    assert runs == ["run"]


async def _none_ready(engine: Engine) -> bool:
    return await ready(engine) == 0


@pytest.mark.parametrize("many", [False, True])
async def test_the_outbox_is_empty_after_confirmed_adds(engine: Engine, many: bool) -> None:
    cluster = engine.cluster
    if many:
        await cluster.producer.add_many(QUEUE, "touch", [None] * 40)
        assert await cluster.store.outbox_size() == 0
    else:
        await asyncio.gather(*(engine.add("touch") for _ in range(40)))

        async def empty() -> bool:
            return await cluster.store.outbox_size() == 0

        await eventually(empty)
    assert await ready(engine) == 40


async def test_a_running_job_whose_worker_and_message_are_both_gone_is_rescued(engine: Engine) -> None:
    engine.handle("touch", lambda: "touched")
    cluster = engine.cluster
    job = await engine.job(await engine.add("touch"))
    await cluster.broker.purge(QUEUE)
    # As a worker would that claims it, and dies together with the message.
    [verdict] = await cluster.store.claim([Incoming(spec=job.spec, epoch=job.epoch, attempt=0)], worker="ghost")
    assert isinstance(verdict, Run)
    rescuer = Rescuer(cluster.store, cluster.dispatch, patience=0)

    async def rescued() -> bool:
        await rescuer.tend()
        return (await engine.job(job.id)).state is JobState.QUEUED

    await eventually(rescued)
    async with engine.working():
        done = await engine.becomes(job.id, JobState.SUCCEEDED)
    assert [attempt.error.kind for attempt in done.attempts if attempt.error] == ["WorkerLost"]


async def test_records_go_when_their_retention_ends_and_not_before(engine: Engine) -> None:
    engine.handle("touch", lambda: "touched")
    async with engine.working():
        brief = await engine.add("touch", None, JobOptions(retention=0))
        kept = await engine.add("touch", None, JobOptions(retention=3600))
        await engine.becomes(kept, JobState.SUCCEEDED)

        async def gone() -> bool:
            await Trimmer(engine.cluster.store).tend()
            return await engine.cluster.inspector.job(brief) is None

        await eventually(gone)
    assert (await engine.job(kept)).state is JobState.SUCCEEDED


async def test_messages_that_cannot_be_sent_do_not_hold_up_those_behind_them(engine: Engine) -> None:
    cluster = engine.cluster
    specs = [cluster.producer.spec("mismatched" if n < 501 else QUEUE, "touch", None) for n in range(503)]
    for spec in specs:
        await cluster.store.add([spec])
    publish = cluster.broker.publish

    async def refuse_some(messages: Sequence[Outgoing]) -> list[Exception | None]:
        sent = [message for message in messages if message.queue == QUEUE]
        assert await publish(sent) == [None] * len(sent)
        return [None if message.queue == QUEUE else QueueArgumentsMismatch("other arguments") for message in messages]

    cluster.broker.publish = cluster.dispatch._publish._run = refuse_some
    await OutboxSweeper(cluster.store, cluster.dispatch, patience=0).tend()
    assert await cluster.store.outbox_size() == 501
    assert await ready(engine) == 2
