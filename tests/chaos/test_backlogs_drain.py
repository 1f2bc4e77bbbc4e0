"""What has piled up while a server was away is gone soon after its return, and nobody waits for it meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from queueing.domain.states import JobState
from tests.chaos.figures import report
from tests.chaos.scene import Scene, staged
from tests.chaos.size import sized
from tests.contracts.redis_watch import pings
from tests.eventually import eventually
from tests.places import own_prefix
from tests.servers.rabbitmq import PrivateRabbitMQ

RATE = 1_000
"""Messages a second that leave the outbox, at least."""
STALL = 1.0
"""Seconds for which Redis may keep another client waiting while they do."""


@pytest.mark.timeout(sized(ci=90, long=900))
async def test_the_broker_loses_its_disk_and_comes_back_to_a_full_outbox(
    tmp_path: Path, crashing_rabbitmq: PrivateRabbitMQ, redis_url: str
) -> None:
    """Some jobs have their message when RabbitMQ dies; many more are added while it is down. It comes back empty.

    Answers celery #4296 and #9259 (enqueue hangs while the broker is down), celery #5410 and kombu #2336 (silent
    publish loss).
    """
    before, after = sized(ci=(100, 1_000), long=(5_000, 50_000))
    async with (
        own_prefix(crashing_rabbitmq.url, redis_url) as prefix,
        staged(
            tmp_path, amqp_url=crashing_rabbitmq.url, redis_url=redis_url, prefix=prefix,
            patience=sized(ci=1.0, long=None),
        ) as scene,
    ):  # fmt: skip
        async with scene.workers():
            await scene.added(before, seconds=0.1)
            scene.fault("broker")
            crashing_rabbitmq.kill()
            crashing_rabbitmq.forget()
            await scene.added(after, seconds=0.0)
            size = await scene.observer.store.outbox_size()
            crashing_rabbitmq.start()
            scene.back("broker")
            with pings(redis_url) as waits:
                took = await drained(scene, size)
            stray = (await scene.observer.inspector.counts())[JobState.QUEUED]
            await scene.settled(timeout=sized(ci=60, long=600))
        verdict = await scene.verdict()
    report("RabbitMQ: SIGKILL, its disk lost, jobs added meanwhile", 1, verdict)
    rate = size / took
    print(
        f"An outbox of {size:,} was empty {took:.1f} s after the first of it went, {rate:,.0f} a second; {stray:,} "
        f"jobs were queued then. PING of another client: median {waits[len(waits) // 2]:.2f} ms, 99% "
        f"{waits[len(waits) * 99 // 100]:.2f}, longest {waits[-1]:.2f}."
    )
    assert (verdict.added, verdict.faults) == (before + after, {}), verdict
    assert size >= after
    assert rate >= RATE
    assert waits[-1] / 1000 < STALL


async def drained(scene: Scene, size: int) -> float:
    """Seconds from when the outbox was seen to shrink until it was empty."""
    store, clock = scene.observer.store, asyncio.get_running_loop().time

    async def fewer() -> bool:
        return await store.outbox_size() < size

    async def none() -> bool:
        return not await store.outbox_size()

    await eventually(fewer, timeout=30, interval=0.01, message="the outbox to shrink")
    began = clock()
    await eventually(none, timeout=300, interval=0.05, message="the outbox to be empty")
    return clock() - began
