"""Every message is delivered twice."""

from __future__ import annotations

import msgspec
import pytest

from tests.chaos.figures import report
from tests.chaos.scene import Scene
from tests.chaos.size import sized
from tests.chaos.twice import BROKERS, twice


@pytest.mark.timeout(sized(ci=90, long=600))
async def test_every_message_comes_twice_and_each_job_runs_once(scene: Scene) -> None:
    """First attempts, delayed jobs, retries, handed back jobs: of each, two messages.

    Answers celery #2481 and dramatiq #431 (a delayed job is doubled), celery #3802 (finished jobs run again).
    """
    jobs = sized(ci=300, long=5_000)
    doubling = msgspec.structs.replace(scene.setup, amqp_url=twice(scene.setup.amqp_url), brokers=BROKERS)
    await scene.pour(jobs, setup=doubling)
    async with scene.workers(doubling, doubling) as fleet:
        await scene.done(0.5, jobs)
        await fleet.roll()
        await scene.settled(timeout=sized(ci=60, long=300))
    verdict = await scene.verdict()
    report("every message twice", 1, verdict)
    assert (verdict.added, verdict.faults) == (jobs, {}), verdict
    assert (verdict.doubled, verdict.charged) == ((), 0), verdict
