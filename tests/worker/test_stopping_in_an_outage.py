"""A worker that is stopped while a server is away ends in time, and nothing is lost by it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from queueing import JobState
from queueing.conf import ClusterConfig
from tests.contracts.brokers import fresh_prefix
from tests.eventually import eventually
from tests.servers.rabbitmq import PrivateRabbitMQ
from tests.servers.redis import PrivateRedis
from tests.worker.engines import BRISK, Engine

GRACE = 1.0
SLACK = 15.0
"""Seconds after the grace. Handlers get five to be handed back, and each server that does not answer its timeout."""
OPTIONS = msgspec.structs.replace(BRISK, grace=GRACE, heartbeat=0.2, ttl=3.0)


@pytest.fixture
async def engine(private_rabbitmq: PrivateRabbitMQ, private_redis: PrivateRedis) -> AsyncIterator[Engine]:
    engine = Engine(
        ClusterConfig(
            amqp_url=private_rabbitmq.url, redis_url=private_redis.url, prefix=fresh_prefix(), store_timeout=2.0
        )
    )
    await engine.cluster.open()
    yield engine
    await engine.cluster.close()


@pytest.mark.parametrize("how", ["stopped", "stalled"])
@pytest.mark.parametrize("which", ["rabbitmq", "redis"])
async def test_it_ends_in_time_and_every_job_is_run_elsewhere(
    engine: Engine, private_rabbitmq: PrivateRabbitMQ, private_redis: PrivateRedis, which: str, how: str
) -> None:
    finish = asyncio.Event()
    first: set[str] = set()

    async def finishes(name: str) -> str:
        if name not in first:
            first.add(name)
            await finish.wait()
        return name

    async def endless(name: str) -> str:
        if name not in first:
            first.add(name)
            await asyncio.Event().wait()
        return name

    engine.handle("finishes", finishes)
    engine.handle("endless", endless)
    ids = [await engine.add(kind, {"name": f"{kind} {n}"}) for kind in ("finishes", "endless") for n in range(2)]
    ids += [await engine.add("finishes", {"name": f"waits {n}"}) for n in range(10)]
    server = private_rabbitmq if which == "rabbitmq" else private_redis
    worker = engine.cluster.worker(OPTIONS)
    task = asyncio.create_task(worker.run())
    await eventually(lambda: len(first) == OPTIONS.concurrency)
    back = away(server, how)
    worker.stop()
    finish.set()
    await asyncio.wait_for(task, GRACE + SLACK)
    back()
    async with engine.working(OPTIONS):
        for job_id in ids:
            await engine.becomes(job_id, JobState.SUCCEEDED, timeout=60)


def away(server: PrivateRabbitMQ | PrivateRedis, how: str) -> Callable[[], None]:
    """Take the server away; answers what brings it back."""
    pid = server.pid
    if how == "stopped" or pid is None:
        server.stop()
        return server.start
    os.kill(pid, signal.SIGSTOP)
    return lambda: os.kill(pid, signal.SIGCONT)
