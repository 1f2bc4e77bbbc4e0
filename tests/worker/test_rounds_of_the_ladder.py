"""Messages that take the same step of the delay ladder again and again. RabbitMQ drops, without a word, a message that
returns by dead-lettering to a queue where it has been before, if nobody published it in between."""

from __future__ import annotations

import time
from itertools import pairwise

from queueing import Backoff, JobOptions, JobState
from queueing.adapters.ladder import step_for
from tests.worker.engines import Engine

SAME = 0.3
"""Seconds, which take the smallest step each time."""


async def test_a_job_that_is_retried_by_the_same_step_each_time_gets_all_its_attempts(engine: Engine) -> None:
    began: list[float] = []

    async def stumble() -> str:
        began.append(time.monotonic())
        if len(began) < 6:
            raise ConnectionError("again")
        return "at last"

    assert step_for(SAME) == step_for(0.01)
    engine.handle("stumble", stumble, options=JobOptions(max_attempts=6, backoff=Backoff.fixed(SAME)))
    async with engine.working():
        job_id = await engine.add("stumble")
        job = await engine.becomes(job_id, JobState.SUCCEEDED, timeout=30)
    assert (job.attempt, len(began)) == (6, 6)
    assert all(later - earlier >= SAME for earlier, later in pairwise(began))


async def test_a_wait_of_many_rounds_on_one_step_ends_in_one_run_and_in_time(engine: Engine) -> None:
    ran: list[float] = []
    engine.handle("touch", lambda: ran.append(time.monotonic()))
    async with engine.working():
        added = time.monotonic()
        job_id = await engine.add("touch", None, JobOptions(delay=0.99))  # three rounds of 250 ms, and the rest
        await engine.becomes(job_id, JobState.SUCCEEDED)
    assert len(ran) == 1
    assert 0.98 <= ran[0] - added < 3
