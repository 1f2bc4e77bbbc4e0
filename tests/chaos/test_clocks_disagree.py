"""The clocks of hosts are wrong, each in its own way."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from queueing.domain.job import JobRecord
from tests.chaos.figures import report
from tests.chaos.ledger import SECOND
from tests.chaos.producer import DELAY
from tests.chaos.scene import Scene
from tests.chaos.size import sized
from tests.servers.faketime import off_by

HOUR = 3600
EARLY = 0.5
"""Seconds that the answer of ``add`` may take: the ledger has the time at which it came."""
LATE = 8.0
"""Seconds after its time by which a delayed job must have begun, a busy machine and its place in line included."""
ROUNDED = timedelta(milliseconds=2)


@pytest.mark.timeout(sized(ci=90, long=300))
async def test_clocks_an_hour_fast_and_slow_change_no_order_and_starve_nothing(scene: Scene) -> None:
    """A worker is an hour fast, the other one an hour slow, and who adds jobs an hour fast; this process, which looks
    at them as the console does, is right. The leader is restarted meanwhile, so that each worker leads.

    Answers celery #2481 and dramatiq #431 (delayed jobs are doubled), celery #6760 (long delays).
    """
    jobs = sized(ci=200, long=1_000)
    await scene.pour(jobs, rate=sized(ci=100, long=100), environment=off_by(HOUR))
    async with scene.workers(scene.setup, scene.setup, environments=[off_by(HOUR), off_by(-HOUR)]) as fleet:
        await scene.done(0.3, jobs)
        await fleet.roll()
        await scene.settled(timeout=sized(ci=60, long=200))
    verdict = await scene.verdict()
    report("clocks of workers and producer an hour fast and slow", 1, verdict)
    assert (verdict.added, verdict.faults) == (jobs, {}), verdict
    assert (verdict.doubled, verdict.charged) == ((), 0), verdict
    begun: dict[str, int] = {}
    for run in sorted(scene.ledger.runs, key=lambda run: run.began, reverse=True):
        begun[run.job] = run.began
    delayed = []
    for job, added in scene.ledger.added_at.items():
        record = await scene.observer.inspector.job(job)
        assert record is not None
        assert_in_order(record)
        if record.options.delay is not None:
            delayed.append((begun[job] - added) / SECOND - DELAY)
    assert len(delayed) >= jobs // 10
    assert min(delayed) > -EARLY, "by the ledger's clock, which is right, none began before its time"
    assert max(delayed) < LATE, "and none had to wait for an hour"


def assert_in_order(record: JobRecord) -> None:
    """By the times of the moves from state to state, which are the store's."""
    assert record.finished_at is not None
    times = [attempt.started_at for attempt in record.attempts]
    if record.attempts[0].queued_at is not None:
        times.insert(0, record.attempts[0].queued_at)
    times.append(record.finished_at)
    assert all(later >= earlier - ROUNDED for earlier, later in pairwise(times)), (
        f"queued, started by each attempt, finished: {', '.join(map(str, times))}"
    )
