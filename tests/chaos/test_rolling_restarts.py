"""Deploys: every worker is stopped and replaced, again and again, under load."""

from __future__ import annotations

import pytest

from tests.chaos.figures import report
from tests.chaos.scene import Scene
from tests.chaos.size import sized


@pytest.mark.timeout(sized(ci=90, long=900))
async def test_rolling_restarts_lose_double_and_charge_nothing(scene: Scene) -> None:
    """SIGTERM to each worker while its successor starts.

    Answers celery #3802 (a warm shutdown runs finished jobs again, or fails them), rq #2289 (a success is later
    marked failed).
    """
    jobs, times = sized(ci=(400, 2), long=(20_000, 10))
    await scene.pour(jobs, rate=sized(ci=100, long=0), seconds=0.05)
    async with scene.workers() as fleet:
        for number in range(times):
            await scene.done((number + 0.5) / (times + 1), jobs)
            scene.fault("restart")
            await fleet.roll()
            scene.back("restart")
        await scene.settled(timeout=sized(ci=60, long=300))
    verdict = await scene.verdict()
    report("SIGTERM, rolling restart of all workers", times, verdict)
    assert (verdict.added, verdict.faults) == (jobs, {}), verdict
    assert (verdict.doubled, verdict.charged) == ((), 0), verdict
