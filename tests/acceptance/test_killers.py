"""A handler that kills its process: it fails, and those beside it do not."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import pytest

from queueing import JobOptions, JobState, Queue
from queueing.domain.job import JobRecord
from tests.acceptance.project import Project
from tests.eventually import eventually
from tests.places import own_prefix
from tests.servers.rabbitmq import PrivateRabbitMQ


@pytest.mark.timeout(180)
async def test_a_killer_among_thirty_fails_and_they_all_succeed(project: Project) -> None:
    producer = project.cluster.producer
    innocent = await producer.add_many("post", "sleep", [{"seconds": 0.3}] * 10, {"max_attempts": 3})
    killer = await producer.add("post", "crash", None, {"max_attempts": 3})
    innocent += await producer.add_many("post", "sleep", [{"seconds": 0.3}] * 20, {"max_attempts": 3})
    async with project.workers("--concurrency", "10", "--workers", "2"):
        failed = await project.becomes(killer, JobState.FAILED, timeout=90)

        async def all_done() -> bool:
            return await project.counts() == {JobState.SUCCEEDED: 30, JobState.FAILED: 1}

        await eventually(all_done, timeout=60)
    assert_lost(failed, 3)
    assert project.ledger.count(f"crash {killer}") == 3
    assert {f"end {job_id}" for job_id in innocent} <= set(project.ledger)


@pytest.fixture
async def queue(private_rabbitmq: PrivateRabbitMQ, redis_url: str) -> AsyncIterator[Queue]:
    async with own_prefix(private_rabbitmq.url, redis_url, "post") as prefix:
        queue = await Queue.connect("post", redis_url=redis_url, amqp_url=private_rabbitmq.url, prefix=prefix)
        yield queue
        await queue.close()


@pytest.mark.timeout(180)
async def test_a_killer_with_thirty_attempts_is_judged_by_its_record_and_not_by_the_broker(queue: Queue) -> None:
    """RabbitMQ has delivered its message more than twenty times by then, and what waits behind it has waited."""
    killer = await queue.add("crash", None, JobOptions(max_attempts=30))
    innocent = await queue.add_many("greet", [None] * 10)
    config = queue.cluster.config
    workers = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.acceptance.phoenix", config.redis_url, config.amqp_url, config.prefix)
    )
    try:
        assert await asyncio.wait_for(workers.wait(), 150) == 0
    finally:
        if workers.returncode is None:
            workers.kill()
    assert_lost(await queue.get(killer), 30)
    for job_id in innocent:
        job = await queue.get(job_id)
        assert (job.state, job.attempt) == (JobState.SUCCEEDED, 1)


def assert_lost(job: JobRecord, runs: int) -> None:
    assert (job.state, job.attempt, len(job.attempts)) == (JobState.FAILED, runs, runs)
    assert job.error is not None
    assert job.error.kind == "WorkerLost"
    assert "It has no attempts left" in job.error.message
