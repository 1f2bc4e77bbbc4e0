"""A slot is the next job's while the last one's outcome is on its way; nothing is lost or doubled by that."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest

from queueing import JobState
from queueing.domain.limits import Limit
from queueing.domain.message import Incoming
from queueing.domain.ports import OnDelivery, Settled, Settlement, Subscription, Verdict
from queueing.worker import balancer
from tests.eventually import eventually
from tests.worker.engines import BRISK, OTHERS, QUEUE, Engine

BOTH = (QUEUE, OTHERS[0])
"""What one of them has delivered beside what is in the slots waits on the bench."""
ONE = msgspec.structs.replace(BRISK, concurrency=1, queues=BOTH)
TWO = msgspec.structs.replace(BRISK, concurrency=2, queues=BOTH)


class Gate:
    """Holds outcomes on their way to the store."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.waiting = Counter[str]()


@pytest.fixture
def gate(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate, settle = Gate(), engine.cluster.store.settle

    async def held(settlements: Sequence[Settlement]) -> list[Settled | None]:
        gate.waiting.update(item.ref.id for item in settlements)
        await gate.open.wait()
        return await settle(settlements)

    monkeypatch.setattr(engine.cluster.store, "settle", held)
    return gate


@pytest.fixture
def claims(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    claims, claim = Counter[str](), engine.cluster.store.claim

    async def note(messages: Sequence[Incoming], *, worker: str) -> list[Verdict]:
        claims.update(message.spec.id for message in messages)
        return await claim(messages, worker=worker)

    monkeypatch.setattr(engine.cluster.store, "claim", note)
    return claims


async def add(engine: Engine, type_: str, count: int, *, queue: str = QUEUE) -> list[str]:
    return await engine.cluster.producer.add_many(queue, type_, [{"number": number} for number in range(count)])


@pytest.mark.parametrize("threaded", [False, True])
async def test_a_stop_while_outcomes_are_on_their_way_loses_and_doubles_nothing(
    engine: Engine, gate: Gate, threaded: bool
) -> None:
    ran: list[int] = []

    async def note(number: int) -> None:
        ran.append(number)

    engine.handle("note", (lambda number: ran.append(number)) if threaded else note)
    ids = [*await add(engine, "note", 4), *await add(engine, "note", 5, queue=OTHERS[0])]
    worker = engine.cluster.worker(TWO)
    task = asyncio.create_task(worker.run())
    await eventually(lambda: len(ran) == 4)  # two that were sent off, and two in their slots
    worker.stop()
    gate.open.set()
    await asyncio.wait_for(task, 10)
    jobs = [await engine.job(job_id) for job_id in ids]
    assert Counter((job.state, job.attempt) for job in jobs) == {
        (JobState.SUCCEEDED, 1): 4,
        (JobState.QUEUED, 0): 5,
    }
    async with engine.working(TWO):
        for job_id in ids:
            assert (await engine.becomes(job_id, JobState.SUCCEEDED)).attempt == 1
    assert sorted(ran) == [0, 0, 1, 1, 2, 2, 3, 3, 4]


async def test_a_worker_that_is_cut_off_with_outcomes_on_their_way_leaves_their_jobs_to_be_run_again(
    engine: Engine, gate: Gate
) -> None:
    ran: list[int] = []

    async def note(number: int) -> None:
        ran.append(number)

    engine.handle("note", note)
    ids = [*await add(engine, "note", 2), *await add(engine, "note", 1, queue=OTHERS[0])]
    cut = asyncio.create_task(engine.cluster.worker(msgspec.structs.replace(ONE, leads=False)).run())
    await eventually(lambda: len(ran) == 2)
    assert sum(gate.waiting.values()) == 1
    cut.cancel()
    await asyncio.wait([cut])
    gate.open.set()
    async with engine.working(msgspec.structs.replace(ONE, heartbeat=0.05, ttl=1.0)):
        for job_id in ids:
            await engine.becomes(job_id, JobState.SUCCEEDED, timeout=20)
    assert set(ran) == {0, 1}


async def test_handlers_of_a_single_slot_follow_each_other(engine: Engine) -> None:
    running, most = 0, 0

    async def alone(number: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    engine.handle("alone", alone)
    ids = await add(engine, "alone", 100)
    async with engine.working(ONE):
        await engine.becomes(ids[-1], JobState.SUCCEEDED, timeout=30)
    assert most == 1


async def test_a_limit_is_free_again_when_the_next_job_of_its_worker_asks(engine: Engine, claims: Counter[str]) -> None:
    """Claimed before the outcome of the one before it, a job would stand in the line and be claimed a second time."""

    async def one_at_a_time(number: int) -> None: ...

    engine.handle("one_at_a_time", one_at_a_time, limit=Limit(concurrent=1))
    ids = await add(engine, "one_at_a_time", 100)
    async with engine.working(ONE):
        for job_id in ids:
            await engine.becomes(job_id, JobState.SUCCEEDED, timeout=30)
    assert claims == dict.fromkeys(ids, 1)


async def test_quick_jobs_are_read_ahead(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    prefetches: list[int] = []
    consume = engine.cluster.broker.consume

    async def watched(queue: str, *, prefetch: int, on_delivery: OnDelivery) -> Subscription:
        subscription = await consume(queue, prefetch=prefetch, on_delivery=on_delivery)
        change = subscription.set_prefetch

        async def set_prefetch(count: int) -> None:
            prefetches.append(count)
            await change(count)

        monkeypatch.setattr(subscription, "set_prefetch", set_prefetch)
        return subscription

    monkeypatch.setattr(engine.cluster.broker, "consume", watched)
    monkeypatch.setattr(balancer, "QUICK", 1.0)  # so that a busy machine is quick enough

    async def note(number: int) -> None: ...

    engine.handle("note", note)

    async def read_ahead() -> bool:
        await add(engine, "note", 20)
        return 4 in prefetches

    async with engine.working(TWO):
        await eventually(read_ahead, timeout=30)


@pytest.mark.parametrize(
    ("taken", "rate", "waits", "held"),
    [
        (8, 160.0, False, 16),  # all eight begin within 50 ms
        (8, 159.0, True, 8),
        (12, 1000.0, True, 16),  # twice the slots at most
        (16, 5000.0, True, 16),
        (1, 1000.0, False, 2),  # one of many queues: twice what it was
        (0, 1000.0, False, 0),  # nothing is to be taken now
        (16, 65.0, True, 16),  # begun within 250 ms
        (16, 60.0, True, 8),  # too slow
        (16, 60.0, False, 16),  # nothing there to be read
        (3, 0.0, True, 3),  # all slots are held by others
    ],
)
def test_how_far_is_read_ahead(taken: int, rate: float, waits: bool, held: int) -> None:
    assert balancer.ahead(taken, size=8, rate=rate, waits=waits) == held
