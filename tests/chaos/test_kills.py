"""Workers that are killed at any moment."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.chaos.figures import report
from tests.chaos.scene import Scene
from tests.chaos.size import sized


@pytest.mark.timeout(sized(ci=90, long=900))
async def test_a_random_worker_is_killed_every_moment_or_two(scene: Scene) -> None:
    """SIGKILL a random worker every 0.5–2 s.

    Answers celery #1628 and rq #2015 (lost on SIGKILL or OOM), and rq #944 and arq #343 (orphans stuck running).
    """
    jobs, kills, seconds = sized(ci=(400, 3, 0.2), long=(20_000, 100, 0.05))
    await scene.pour(jobs, seconds=seconds)
    async with scene.workers() as fleet:
        await scene.done(0.05, jobs)
        for number in range(kills):
            await asyncio.sleep(random.uniform(0.5, 2.0))
            await fleet.kill_one()
            if scene.ledger.added and scene.ledger.refresh().finished >= scene.ledger.added:
                kills = number + 1
                break
        await scene.settled(timeout=sized(ci=60, long=600))
    verdict = await scene.verdict()
    report("SIGKILL of a random worker", kills, verdict)
    assert (verdict.added, verdict.faults) == (jobs, {}), verdict
