"""A paused queue costs nothing, keeps its order, and goes on where it was."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import msgspec
import pytest

from queueing import JobOptions, JobState
from queueing.domain.message import Incoming
from queueing.domain.ports import Verdict
from tests.eventually import eventually
from tests.worker.engines import BRISK, QUEUE, Engine

ONE = msgspec.structs.replace(BRISK, concurrency=1)
LAZY = msgspec.structs.replace(BRISK, heartbeat=5.0, ttl=15.0)


@pytest.fixture
def claims(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the jobs that were claimed, each time that one was."""
    claimed: list[str] = []
    claim = engine.cluster.store.claim

    async def note(messages: Sequence[Incoming], *, worker: str) -> list[Verdict]:
        claimed.extend(message.spec.id for message in messages)
        return await claim(messages, worker=worker)

    monkeypatch.setattr(engine.cluster.store, "claim", note)
    return claimed


async def test_500_jobs_of_a_paused_queue_rest_in_order_and_go_on_within_two_seconds(
    engine: Engine, claims: list[str]
) -> None:
    ran: list[int] = []
    started, release = asyncio.Event(), asyncio.Event()

    async def first() -> str:
        started.set()
        await release.wait()
        return "undisturbed"

    async def note(number: int) -> None:
        ran.append(number)

    engine.handle("first", first)
    engine.handle("note", note)
    async with engine.working(msgspec.structs.replace(ONE, heartbeat=1.0)):
        running = await engine.add("first")
        await asyncio.wait_for(started.wait(), 5)
        await engine.cluster.producer.add_many(QUEUE, "note", [{"number": n} for n in range(500)])
        await engine.cluster.operations.pause(QUEUE, by="mira")
        release.set()
        assert (await engine.becomes(running, JobState.SUCCEEDED)).result == b'"undisturbed"'
        paused_at = time.monotonic()
        await eventually(lambda: time.monotonic() - paused_at > 3.0)
        assert ran == [] and len(claims) <= 3, claims
        assert await engine.ready() == 500
        await engine.cluster.operations.resume(QUEUE, by="mira")
        await eventually(lambda: ran, timeout=2.0)
        await eventually(lambda: len(ran) == 500, timeout=20)
    assert ran == list(range(500))


async def test_the_first_claim_that_meets_the_pause_stops_the_consumer(engine: Engine, claims: list[str]) -> None:
    """Long before the next heartbeat; and what was taken together comes back in its order, first of all."""
    ran: list[int] = []

    async def note(number: int) -> None:
        ran.append(number)

    engine.handle("note", note)
    async with engine.working(LAZY):
        await eventually(lambda: consumed(engine))
        await engine.cluster.operations.pause(QUEUE, by="mira")
        await engine.cluster.producer.add_many(QUEUE, "note", [{"number": n} for n in range(100)])
        await eventually(lambda: claims)
        await eventually(lambda: rests(engine, 100))
        assert len(claims) <= LAZY.concurrency and ran == []
    await engine.cluster.operations.resume(QUEUE, by="mira")
    async with engine.working(ONE):
        await eventually(lambda: len(ran) == 100, timeout=10)
    taken, never = ran[: LAZY.concurrency], ran[LAZY.concurrency :]
    assert never == list(range(LAZY.concurrency, 100))
    assert taken in orders(engine, LAZY.concurrency)


def orders(engine: Engine, count: int) -> list[list[int]]:
    """In which so many may come back. What RabbitMQ has on its way to a consumer that ends it takes back itself, before
    the worker, which hears of the end last, gives back what has arrived."""
    arrived = [0] if engine.cluster.config.embedded else range(count)
    return [[*range(number, count), *range(number)] for number in arrived]


async def test_a_worker_that_starts_while_the_queue_is_paused_takes_nothing(engine: Engine, claims: list[str]) -> None:
    engine.handle("touch", lambda: "touched")
    await engine.cluster.operations.pause(QUEUE, by="mira")
    job_id = await engine.add("touch")
    async with engine.working():
        await eventually(lambda: beaten(engine, 5))
        assert claims == [] and await engine.ready() == 1
        await engine.cluster.operations.resume(QUEUE, by="mira")
        await engine.becomes(job_id, JobState.SUCCEEDED, timeout=2.0)


async def test_what_comes_home_from_the_ladder_rests_in_the_paused_queue(engine: Engine, claims: list[str]) -> None:
    engine.handle("touch", lambda: "touched")
    async with engine.working():
        job_id = await engine.add("touch", None, JobOptions(delay=0.3))
        await engine.cluster.operations.pause(QUEUE, by="mira")
        await eventually(lambda: rests(engine, 1))
        await engine.cluster.operations.resume(QUEUE, by="mira")
        await engine.becomes(job_id, JobState.SUCCEEDED)
    assert len(claims) <= 2


async def test_another_queue_of_the_same_worker_goes_on(engine: Engine) -> None:
    engine.handle("touch", lambda: "touched")
    await engine.cluster.operations.pause(QUEUE, by="mira")
    async with engine.working(msgspec.structs.replace(BRISK, queues=(QUEUE, "parcels"))):
        here, there = await engine.add("touch"), await engine.add("touch", queue="parcels")
        await engine.becomes(there, JobState.SUCCEEDED)
        assert (await engine.job(here)).state is JobState.QUEUED


async def rests(engine: Engine, count: int) -> bool:
    return await engine.ready() == count


async def consumed(engine: Engine) -> bool:
    return bool((await engine.cluster.broker.depth(QUEUE)).consumers)


async def beaten(engine: Engine, times: int) -> bool:
    """Whether the worker has beaten so often since it began."""
    found = await engine.cluster.inspector.workers()
    return any((status.beat_at - status.started_at).total_seconds() > times * BRISK.heartbeat for status in found)
