"""The TCP link of a worker to one of its servers is cut, stalled and slowed; the other worker's links hold."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from tests.chaos.figures import report
from tests.chaos.proxy import Proxy
from tests.chaos.scene import Scene
from tests.chaos.size import sized

pytestmark = pytest.mark.timeout(sized(ci=120, long=900))

LASTING = sized(ci=(2.0,), long=(2.0, 8.0))
"""Seconds that a link stays broken: shorter than a worker's time to live, and longer."""
SLOW = 0.2


@pytest.mark.parametrize("server", ["RabbitMQ", "Redis"])
async def test_a_workers_link_is_cut_stalled_and_slowed(
    scene: Scene, tmp_path: Path, server: Literal["RabbitMQ", "Redis"]
) -> None:
    """One of two workers loses its link, again and again.

    Answers celery #8030, celery #10205 and aio-pika #231 (alive, but not consuming after a reconnect), taskiq #373
    and aio-pika #688 (an ack that fails wedges the worker), and celery #8588 (an outage loses the outcome).
    """
    jobs = sized(ci=400, long=5_000)
    field = "amqp_url" if server == "RabbitMQ" else "redis_url"
    async with Proxy(getattr(scene.setup, field)) as link:
        faults = [(how, lasting) for lasting in LASTING for how in ("cut", "stall", "slow")]
        behind = msgspec.structs.replace(scene.setup, **{field: link.url})
        await scene.pour(jobs, rate=sized(ci=60, long=80), seconds=0.2)
        async with scene.workers(scene.setup, behind):
            for number, (how, lasting) in enumerate(faults):
                await scene.done((number + 0.5) / (len(faults) + 1), jobs)
                scene.fault(how)
                match how:
                    case "cut":
                        link.cut()
                    case "stall":
                        link.stall()
                    case "slow":
                        link.slow(SLOW)
                await asyncio.sleep(lasting)
                link.mend()
                scene.back(how)
            await scene.settled(timeout=sized(ci=60, long=300))
    verdict = await scene.verdict()
    report(f"link of one worker to {server}: cut, stalled, slowed", len(faults), verdict)
    assert (verdict.added, verdict.faults) == (jobs, {}), verdict
