"""Producer and workers with clocks that are hours apart, as their kernel tells them: Redis' clock decides."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from queueing import JobState
from queueing.adapters.redis.clock import StoreClock
from queueing.domain.job import JobRecord
from tests.acceptance.project import ROOT, Project
from tests.eventually import eventually
from tests.servers.faketime import off_by

PRODUCER = """
import asyncio, sys
from datetime import datetime
from queueing import JobOptions, Queue
async def main():
    queue = await Queue.connect("post", amqp_url=sys.argv[1], redis_url=sys.argv[2], prefix=sys.argv[3])
    in_time, late = (datetime.fromisoformat(text) for text in sys.argv[4:])
    each = JobOptions(), JobOptions(delay=2), JobOptions(expires_at=in_time), JobOptions(expires_at=late)
    for options in each:
        print(await queue.add("greet", {"name": "Mira"}, options))
    await queue.close()
asyncio.run(main())
"""
NEAR = timedelta(minutes=5)
HOUR = 3600


@pytest.mark.parametrize(("producer", "worker"), [(+1, -1), (-1, +1)])
async def test_delays_states_and_times_are_right_with_clocks_two_hours_apart(
    project: Project, producer: int, worker: int
) -> None:
    project.environment |= off_by(worker * HOUR)
    began = datetime.now(UTC)
    expiries = [(began + timedelta(minutes=minutes)).isoformat() for minutes in (30, -30)]
    async with project.workers("--concurrency", "2") as workers:
        await eventually(lambda: "leveret.W017" in workers.output, timeout=60, message="the skew to be told")
        at_once, later, in_time, late = await produced(project, *expiries, environment=off_by(producer * HOUR))
        assert (await project.becomes(late, JobState.FAILED, timeout=15)).error_kind == "Expired"
        for job_id in (at_once, in_time, later):
            job = await project.becomes(job_id, JobState.SUCCEEDED, timeout=15)
            assert in_order(job), job
            assert abs(job.created_at - began) < NEAR
            [attempt] = job.attempts
            assert attempt.ended_at - attempt.started_at < timedelta(seconds=5)
            [status] = await project.cluster.inspector.workers()
            assert abs(status.beat_at - datetime.now(UTC)) < NEAR
        assert job.started_at is not None
        assert timedelta(seconds=1.9) <= job.started_at - job.created_at < NEAR, "the delay is two seconds, not hours"
        assert await workers.stop() == 0


async def produced(project: Project, *expiries: str, environment: dict[str, str]) -> list[str]:
    config = project.cluster.config
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", PRODUCER, config.amqp_url, config.redis_url, config.prefix, *expiries],
        cwd=ROOT,
        env=os.environ | environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def in_order(job: JobRecord) -> bool:
    times = [job.created_at, job.started_at, job.finished_at]
    slack = timedelta(milliseconds=50)
    return all(a is not None and b is not None and a <= b + slack for a, b in itertools.pairwise(times))


def test_what_was_dated_before_the_stores_time_was_known_is_put_right_whenever_that_is() -> None:
    clock = StoreClock()
    early, host = clock.now(), time.time()
    clock.learn(host - HOUR, before=host, after=host)
    assert abs(clock.right(early) - (early - timedelta(hours=1))) < timedelta(seconds=1)
    later = clock.now()
    assert clock.right(later) is later


@pytest.mark.parametrize(
    ("theirs", "ahead"),
    [(100.0, 0.0), (100.4, 0.0), (99.0, 1.0), (101.0, -0.5), (-3500.0, 3600.0)],
)
def test_a_clock_takes_a_slow_answer_for_no_difference(theirs: float, ahead: float) -> None:
    clock = StoreClock()
    assert clock.is_stale
    clock.learn(theirs, before=100.0, after=100.5)
    assert clock.ahead == pytest.approx(ahead)
    assert not clock.is_stale
