"""Jobs that run longer than RabbitMQ lets a consumer hold a message: celery #6760, dramatiq #827."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiormq
import msgspec
import pytest

from queueing import JobState
from queueing.conf import ClusterConfig
from queueing.worker import parker
from tests.eventually import eventually
from tests.places import own_prefix
from tests.servers.rabbitmq import PrivateRabbitMQ
from tests.worker.engines import BRISK, QUEUE, Engine

TIMEOUT = 3.0
"""Seconds that this test's RabbitMQ lets a message be held; it looks every half second."""
LONG = 3 * TIMEOUT
PARKING = msgspec.structs.replace(BRISK, concurrency=2, heartbeat=0.2, ttl=2.0, park_after=1.0)


@pytest.fixture
async def engine(private_rabbitmq: PrivateRabbitMQ, redis_url: str) -> AsyncIterator[Engine]:
    private_rabbitmq.ctl(
        "eval",
        f"application:set_env(rabbit, consumer_timeout, {TIMEOUT * 1000:.0f}), "
        "application:set_env(rabbit, channel_tick_interval, 500).",
    )
    async with own_prefix(private_rabbitmq.url, redis_url, QUEUE) as prefix:
        engine = Engine(ClusterConfig(amqp_url=private_rabbitmq.url, redis_url=redis_url, prefix=prefix))
        await engine.cluster.open()
        yield engine
        await engine.cluster.close()


async def test_a_job_longer_than_the_consumer_timeout_runs_once(
    engine: Engine, private_rabbitmq: PrivateRabbitMQ
) -> None:
    runs: list[str] = []

    async def long(name: str) -> str:
        runs.append(name)
        await asyncio.sleep(LONG)
        return name

    engine.handle("long", long)
    # More than there are slots: what waits is not held either.
    names = ["a", "b", "c"]
    ids = [await engine.add("long", {"name": name}) for name in names]
    async with engine.working(PARKING):
        for job_id in ids:
            job = await engine.becomes(job_id, JobState.SUCCEEDED, timeout=3 * LONG)
            assert job.attempt == 1
        await eventually(lambda: nothing_is_left(engine), timeout=20)
    assert sorted(runs) == names
    assert "timed out" not in private_rabbitmq.log.read_text()


async def test_without_parking_the_broker_closes_the_channel(engine: Engine, private_rabbitmq: PrivateRabbitMQ) -> None:
    """That the server does what the other tests say it does not."""

    async def long() -> None:
        await asyncio.sleep(LONG)

    engine.handle("long", long)
    async with engine.working(msgspec.structs.replace(PARKING, park_after=600.0)):
        job_id = await engine.add("long")
        await engine.becomes(job_id, JobState.SUCCEEDED, timeout=2 * LONG)
    assert "timed out" in private_rabbitmq.log.read_text()


async def test_a_parked_job_that_is_handed_back_runs_again_uncharged(engine: Engine) -> None:
    runs: list[str] = []

    async def long() -> str:
        runs.append("x")
        if len(runs) == 1:
            await asyncio.sleep(600)
        return "again"

    engine.handle("long", long)
    job_id = await engine.add("long")
    async with engine.working(msgspec.structs.replace(PARKING, grace=0.1)):
        await eventually(lambda: parked(engine), timeout=10)
    assert (await engine.job(job_id)).state is JobState.QUEUED
    async with engine.working(PARKING):
        job = await engine.becomes(job_id, JobState.SUCCEEDED)
        await eventually(lambda: nothing_is_left(engine), timeout=20)
    assert (job.attempt, len(runs)) == (1, 2)


async def test_a_parked_job_whose_worker_is_killed_runs_again(
    engine: Engine, private_rabbitmq: PrivateRabbitMQ, redis_url: str, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    command = [sys.executable, "-m", "tests.worker.long_worker", private_rabbitmq.url, redis_url]
    process = await asyncio.create_subprocess_exec(*command, engine.cluster.config.prefix, str(started))
    try:
        job_id = await engine.add("long")
        await eventually(started.exists, timeout=20)
        await eventually(lambda: parked(engine), timeout=10)
    finally:
        process.kill()
        await process.wait()
    engine.handle("long", lambda: "by another")
    async with engine.working(PARKING):
        # The copy is home after five seconds, and the dead worker's key runs out after two.
        job = await engine.becomes(job_id, JobState.SUCCEEDED, timeout=30)
    assert job.result == b'"by another"'
    assert [attempt.error.kind for attempt in job.attempts if attempt.error] == ["WorkerLost"]


def test_a_copy_comes_home_less_often_the_older_its_job_is() -> None:
    assert [parker.delay(age) for age in (1, 60, 600, 3600, 86_400)] == [5, 6, 60, 300, 300]


async def parked(engine: Engine) -> bool:
    return await on_the_ladder(engine) == 1


async def nothing_is_left(engine: Engine) -> bool:
    return await engine.ready() == 0 and await on_the_ladder(engine) == 0


async def on_the_ladder(engine: Engine) -> int:
    """Messages that wait for five seconds, the shortest that a copy does."""
    async with aiormq.connect(engine.cluster.config.amqp_url) as connection:
        channel = await connection.channel(publisher_confirms=False)
        found = await channel.queue_declare(f"{engine.cluster.config.prefix}.delay.5s", passive=True)
        return found.message_count or 0
