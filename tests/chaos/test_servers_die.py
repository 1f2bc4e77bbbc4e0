"""RabbitMQ and Redis that stop, crash and come back while jobs are added and run."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
import redis.asyncio

from tests.chaos.figures import report
from tests.chaos.scene import Scene, staged
from tests.chaos.size import sized
from tests.places import own_prefix
from tests.servers.rabbitmq import PrivateRabbitMQ
from tests.servers.redis import PrivateRedis

pytestmark = pytest.mark.timeout(sized(ci=120, long=1200))

RATE = sized(ci=60, long=250)
"""Jobs added a second, so that adding goes on through all faults."""
AGAIN = sized(ci=0.15, long=0.01)
"""Of the load, that runs between a return and the next fault."""
LOST_BY_EVERYSEC = 1.0
"""Seconds of writes that AOF everysec may lose."""
PATIENCE = sized(ci=4.0, long=None)
BACK = 10.0
"""Seconds within which throughput must be back."""


async def battered(
    scene: Scene, jobs: int, what: str, fell: Callable[[int], None], rise: Callable[[int], None], times: int,
    rate: float = RATE,
) -> None:  # fmt: skip
    """Let ``what`` fall and rise again ``times`` times, spread over the load. Both block this process, and only it: the
    workers and the producer are others."""
    async with scene.workers() as fleet:
        await fleet.ready(scene.observer.store)  # else they begin with a backlog, and it is gone before the last fault
        await scene.pour(jobs, rate=rate)
        for number in range(times):
            await scene.done((number + 0.5) / (times + 1), jobs, timeout=180)
            scene.fault(what)
            fell(number)
            await asyncio.sleep(random.uniform(0.2, 1.5))
            rise(number)
            scene.back(what)
            # What takes long to fall has passed the next share by then, and would fall again before anything is back.
            finished = len(scene.ledger.refresh().finished)
            await scene.done(min(1.0, finished / jobs + AGAIN), jobs)
        await scene.settled(timeout=sized(ci=90, long=600))


async def test_the_broker_stops_or_is_killed_and_comes_back(
    tmp_path: Path, crashing_rabbitmq: PrivateRabbitMQ, redis_url: str
) -> None:
    """``rabbitmqctl stop_app``/``start_app`` and SIGKILL by turns.

    Answers celery #8030, celery #10205 and aio-pika #231 (alive, but not consuming after a reconnect), celery #5410
    and kombu #2336 (silent publish loss), celery #4296 and #9259 (enqueue hangs while the broker is down).
    """
    # It takes some ten seconds to stop and start, and a load that is done by then tells nothing of what comes after.
    jobs, times, rate = sized(ci=(800, 2, 40), long=(20_000, 10, RATE))

    def fall(number: int) -> None:
        if number % 2:
            crashing_rabbitmq.kill()
        else:
            crashing_rabbitmq.ctl("stop_app")

    def rise(number: int) -> None:
        if number % 2:
            crashing_rabbitmq.start()
        else:
            crashing_rabbitmq.ctl("start_app")

    async with (
        own_prefix(crashing_rabbitmq.url, redis_url) as prefix,
        staged(tmp_path, amqp_url=crashing_rabbitmq.url, redis_url=redis_url, prefix=prefix) as scene,
    ):
        await battered(scene, jobs, "broker", fall, rise, times, rate)
        verdict = await scene.verdict()
    report("RabbitMQ: stop_app/start_app and SIGKILL", times, verdict)
    assert (verdict.added, verdict.faults) == (jobs, {}), verdict
    assert verdict.is_back_within(BACK, at_least=sized(ci=1, long=times)), f"{verdict}: {verdict.resumed}"


@pytest.mark.parametrize("aof", ["always", "everysec"])
async def test_redis_is_killed_and_comes_back(
    tmp_path: Path, amqp_url: str, aof: Literal["always", "everysec"]
) -> None:
    """SIGKILL of Redis. With ``everysec`` it loses its last second besides, as in a power cut: a crash alone leaves
    what was written to the kernel. Then records come back older than their messages, and jobs may be done twice.

    Answers celery #8588 (a result store's outage loses the outcome), taskiq #373 and aio-pika #688 (a failed
    settlement wedges the worker).
    """
    jobs, times = sized(ci=(400, 2), long=(20_000, 5))
    with PrivateRedis(aof=aof) as server:

        def fall(_: int) -> None:
            synced = server.written
            time.sleep(0 if aof == "always" else LOST_BY_EVERYSEC)
            server.kill()
            if aof == "everysec":
                server.lose(synced)

        async with (
            own_prefix(amqp_url, server.url) as prefix,
            staged(tmp_path, amqp_url=amqp_url, redis_url=server.url, prefix=prefix, patience=PATIENCE) as scene,
        ):
            await battered(scene, jobs, "redis", fall, lambda _: server.start(), times)
            verdict = await scene.verdict(forgets=0.0 if aof == "always" else 2 * LOST_BY_EVERYSEC)
    report(f"Redis: SIGKILL, AOF {aof}", times, verdict)
    excused = {"overlaps"} if aof == "everysec" else set()  # where Redis forgets that a job runs, it is sent again
    assert (verdict.added, verdict.faults.keys() - excused) == (jobs, set()), verdict
    assert verdict.is_back_within(BACK, at_least=sized(ci=1, long=times)), f"{verdict}: {verdict.resumed}"


async def test_redis_is_emptied_while_jobs_are_queued_delayed_and_running(tmp_path: Path, amqp_url: str) -> None:
    """FLUSHALL, as after a failover to an empty server. Records of jobs that had finished are gone; every other job
    is rebuilt from its message and runs.

    Answers celery #8588 (the result store loses jobs).
    """
    jobs = sized(ci=400, long=5_000)
    with PrivateRedis(aof="always") as server:
        async with (
            own_prefix(amqp_url, server.url) as prefix,
            staged(tmp_path, amqp_url=amqp_url, redis_url=server.url, prefix=prefix) as scene,
        ):
            await scene.pour(jobs, rate=jobs / 4)
            async with scene.workers():
                await scene.done(0.4, jobs)
                scene.fault("flush")
                async with redis.asyncio.from_url(server.url) as client:
                    await client.flushall()
                scene.back("flush")
                await scene.settled(timeout=sized(ci=90, long=300))
            verdict = await scene.verdict(forgets=float("inf"))
    report("Redis: FLUSHALL", 1, verdict)
    assert (verdict.added, verdict.faults) == (jobs, {}), verdict
