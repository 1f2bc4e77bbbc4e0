"""A worker of several queues is fair to them, and to the workers beside it."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from queueing import JobState
from queueing.worker import balancer
from queueing.worker.returns import Returns
from tests.contracts.brokers import Inbox
from tests.eventually import eventually
from tests.worker.engines import BRISK, OTHERS, QUEUE, Engine

QUEUES = (QUEUE, *OTHERS)
NARROW = msgspec.structs.replace(BRISK, concurrency=1, queues=QUEUES)


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balancer, "PATIENCE", 0.1)
    monkeypatch.setattr(balancer, "TICK", 0.02)


async def test_a_full_queue_does_not_starve_the_others(engine: Engine) -> None:
    ran: list[str] = []

    async def note(queue: str) -> None:
        ran.append(queue)

    engine.handle("note", note)
    await engine.cluster.producer.add_many(QUEUE, "note", [{"queue": QUEUE}] * 60)
    for _ in range(3):
        for queue in OTHERS:
            await engine.add("note", {"queue": queue}, queue=queue)
    async with engine.working(NARROW):
        await eventually(lambda: len(ran) == 72, timeout=15)
    last = max(index for index, queue in enumerate(ran) if queue != QUEUE)
    assert last < 40, ran


@pytest.mark.usefixtures("quickly")
async def test_long_jobs_of_one_queue_do_not_starve_another(engine: Engine) -> None:
    """Each job outlasts the patience, so that the bench is given back and asked for anew each time."""
    ran: list[str] = []

    async def long(queue: str) -> None:
        ran.append(queue)
        await asyncio.sleep(0.3)

    engine.handle("long", long)
    await engine.cluster.producer.add_many(QUEUE, "long", [{"queue": QUEUE}] * 8)
    for _ in range(3):
        await engine.add("long", {"queue": "parcels"}, queue="parcels")
    async with engine.working(msgspec.structs.replace(NARROW, queues=(QUEUE, "parcels"))):
        await eventually(lambda: ran.count("parcels") == 3, timeout=15)
        assert len(ran) <= 9, ran


async def test_what_waits_for_a_busy_worker_goes_to_an_idle_one_soon(engine: Engine) -> None:
    release = asyncio.Event()
    engine.handle("wait", release.wait)
    ids = [await engine.add("wait", queue=queue) for queue in QUEUES]
    async with engine.working(NARROW):
        await eventually(lambda: all_taken(engine))
        async with engine.working(msgspec.structs.replace(NARROW, concurrency=10)):

            async def all_run() -> bool:
                return all([(await engine.job(job_id)).state is JobState.RUNNING for job_id in ids])

            await eventually(all_run, timeout=balancer.PATIENCE + 2)
            release.set()
            for job_id in ids:
                assert (await engine.becomes(job_id, JobState.SUCCEEDED)).attempt == 1


async def test_a_worker_that_gave_its_bench_back_takes_again_when_slots_are_free(engine: Engine) -> None:
    release = asyncio.Event()
    engine.handle("wait", release.wait)
    engine.handle("touch", lambda: "touched")
    ids = [await engine.add("wait", queue=queue) for queue in QUEUES]
    options = msgspec.structs.replace(NARROW, concurrency=4)
    async with engine.working(options):
        await eventually(lambda: all_taken(engine))

        async def given_back() -> bool:
            return sum([await engine.ready(queue) or 0 for queue in QUEUES]) == 1

        await eventually(given_back)
        release.set()
        more = await engine.cluster.producer.add_many("cards", "touch", [None] * 50)
        for job_id in (*ids, *more):
            await engine.becomes(job_id, JobState.SUCCEEDED)


@pytest.mark.parametrize("how", ["stop", "quiet"])
async def test_the_bench_is_given_back_while_running_jobs_go_on(
    engine: Engine, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balancer, "PATIENCE", 600.0)
    release = asyncio.Event()
    engine.handle("wait", release.wait)
    ids = [await engine.add("wait", queue=queue) for queue in QUEUES]
    async with engine.working(NARROW):
        await eventually(lambda: all_taken(engine))
        await engine.tell(how)

        async def back() -> bool:
            return sum([await engine.ready(queue) or 0 for queue in QUEUES]) == len(QUEUES) - 1

        await eventually(back)
        states = [(await engine.job(job_id)).state for job_id in ids]
        assert states.count(JobState.RUNNING) == 1
        release.set()
    async with engine.working(NARROW):
        for job_id in ids:
            assert (await engine.becomes(job_id, JobState.SUCCEEDED)).attempt == 1


async def test_a_message_that_is_given_back_again_and_again_is_not_taken_for_poison(engine: Engine) -> None:
    """RabbitMQ makes a dead letter of what was returned 20 times, whoever returned it."""
    job_id = await engine.add("touch")
    broker, returns = engine.cluster.broker, Returns(engine.cluster.dispatch)
    for _ in range(25):
        inbox = Inbox()
        subscription = await broker.consume(QUEUE, prefetch=1, on_delivery=inbox)
        await eventually(lambda inbox=inbox: inbox.deliveries)
        await subscription.set_prefetch(0)
        await returns.give_back(inbox.deliveries[0])
        await subscription.close()
    engine.handle("touch", lambda: "touched")
    async with engine.working():
        await engine.becomes(job_id, JobState.SUCCEEDED)
    assert (await broker.depth(QUEUE)).dead == 0


async def all_taken(engine: Engine) -> bool:
    return all([await engine.ready(queue) == 0 for queue in QUEUES])
