"""From add to end: delays, cancellation, pause, expiry, uniqueness, replay."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import UTC, datetime, timedelta

from queueing import Backoff, JobContext, JobOptions, JobState
from queueing.domain.conditions import Argument
from queueing.domain.ports import Command
from queueing.domain.reading import JobFilter
from tests.eventually import eventually
from tests.worker.engines import BRISK, QUEUE, Engine


def touch() -> str:
    return "touched"


async def test_a_delayed_job_shows_as_scheduled_and_runs_when_it_is_due(engine: Engine) -> None:
    engine.handle("touch", touch)
    async with engine.working():
        job_id = await engine.add("touch", None, JobOptions(delay=0.9))
        assert (await engine.job(job_id)).state is JobState.SCHEDULED
        job = await engine.becomes(job_id, JobState.SUCCEEDED)
    waited = (job.started_at - job.created_at).total_seconds()  # type: ignore[operator]
    assert 0.85 <= waited < 2.5


async def test_run_at_in_the_past_runs_now_and_in_the_future_waits(engine: Engine) -> None:
    engine.handle("touch", touch)
    now = datetime.now(UTC)
    async with engine.working():
        past = await engine.add("touch", None, JobOptions(run_at=now - timedelta(days=3)))
        future = await engine.add("touch", None, JobOptions(run_at=now + timedelta(hours=2)))
        await engine.becomes(past, JobState.SUCCEEDED)
        waiting = await engine.job(future)
    assert waiting.state is JobState.SCHEDULED
    assert abs((waiting.due_at - now).total_seconds() - 7200) < 5  # type: ignore[operator]


async def test_run_now_brings_a_scheduled_job_forward(engine: Engine) -> None:
    engine.handle("touch", touch)
    job_id = await engine.add("touch", None, JobOptions(delay=3600))
    async with engine.working():
        [changed] = await engine.cluster.operations.hasten([job_id], by="mira")
        assert changed.done
        await engine.becomes(job_id, JobState.SUCCEEDED)


async def test_a_waiting_job_that_is_cancelled_never_runs(engine: Engine) -> None:
    ran: list[str] = []
    engine.handle("mark", lambda: ran.append("x"))
    engine.handle("touch", touch)
    first = await engine.add("mark")
    [changed] = await engine.cluster.operations.cancel([first], by="mira")
    assert changed.done and changed.state is JobState.CANCELLED
    async with engine.working():
        after = await engine.add("touch")
        await engine.becomes(after, JobState.SUCCEEDED)
    assert ran == []
    assert (await engine.job(first)).state is JobState.CANCELLED


async def test_a_running_async_job_is_cancelled(engine: Engine) -> None:
    started = asyncio.Event()

    async def endless() -> None:
        started.set()
        await asyncio.Event().wait()

    engine.handle("endless", endless)
    async with engine.working():
        job_id = await engine.add("endless")
        await asyncio.wait_for(started.wait(), 5)
        await engine.cluster.operations.cancel([job_id], by="mira")
        job = await engine.becomes(job_id, JobState.CANCELLED)
    assert [attempt.outcome for attempt in job.attempts] == [JobState.CANCELLED]


async def test_a_running_synchronous_job_is_cancelled_when_it_looks(engine: Engine) -> None:
    started = threading.Event()

    def patient(ctx: JobContext) -> str:
        started.set()
        while not ctx.cancelled:
            threading.Event().wait(0.01)
        return "stopped early"

    engine.handle("patient", patient)
    async with engine.working():
        job_id = await engine.add("patient")
        await eventually(started.is_set)
        await engine.cluster.operations.cancel([job_id], by="mira")
        await engine.becomes(job_id, JobState.CANCELLED)


async def test_a_synchronous_job_that_never_looks_finishes_its_work(engine: Engine) -> None:
    started, release = threading.Event(), threading.Event()

    def deaf() -> str:
        started.set()
        release.wait(5)
        return "finished"

    engine.handle("deaf", deaf)
    async with engine.working():
        job_id = await engine.add("deaf")
        await eventually(started.is_set)
        await engine.cluster.operations.cancel([job_id], by="mira")
        await eventually(lambda: engine.cluster.store.get(job_id))
        release.set()
        job = await engine.becomes(job_id, JobState.SUCCEEDED)
    assert job.result == b'"finished"'


async def test_progress_and_log_lines_are_seen_while_the_job_runs(engine: Engine) -> None:
    go_on = asyncio.Event()

    async def chatty(ctx: JobContext) -> None:
        await ctx.progress(1, 4, "first quarter")
        await ctx.log("said by the context")
        logging.getLogger("shop").warning("said by %s", "logging")
        await go_on.wait()

    engine.handle("chatty", chatty)
    logging.getLogger("shop").setLevel(logging.INFO)
    from queueing.worker import capture

    handler = capture.install()
    try:
        async with engine.working():
            job_id = await engine.add("chatty")

            async def told() -> bool:
                job = await engine.job(job_id)
                return job.progress is not None and len(job.log) == 2

            await eventually(told)
            running = await engine.job(job_id)
            go_on.set()
            await engine.becomes(job_id, JobState.SUCCEEDED)
    finally:
        logging.root.removeHandler(handler)
    assert running.state is JobState.RUNNING
    assert running.progress and (running.progress.done, running.progress.total) == (1, 4)
    assert [(line.level, line.text) for line in running.log] == [
        ("INFO", "said by the context"),
        ("WARNING", "said by logging"),
    ]


async def test_a_paused_queue_starts_nothing_until_it_is_resumed(engine: Engine) -> None:
    ran: list[str] = []
    engine.handle("mark", lambda: ran.append("x"))
    await engine.cluster.operations.pause(QUEUE, by="mira")
    async with engine.working():
        job_id = await engine.add("mark")

        async def rests() -> bool:
            depth = await engine.cluster.broker.depth(QUEUE)
            return depth.ready == 1

        await eventually(rests)
        assert ran == [] and (await engine.job(job_id)).state is JobState.QUEUED
        await engine.cluster.operations.resume(QUEUE, by="mira")
        await engine.becomes(job_id, JobState.SUCCEEDED, timeout=15)


async def test_a_job_past_its_expiry_is_failed_instead_of_run(engine: Engine) -> None:
    ran: list[str] = []
    engine.handle("mark", lambda: ran.append("x"))
    job_id = await engine.add("mark", None, JobOptions(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    async with engine.working():
        job = await engine.becomes(job_id, JobState.FAILED)
    assert ran == []
    assert job.error_kind == "Expired"


async def test_a_unique_key_gives_the_job_that_is_there(engine: Engine) -> None:
    engine.handle("touch", touch)
    options = JobOptions(unique_key="invoice-7")
    first, second = await engine.add("touch", None, options), await engine.add("touch", None, options)
    assert first == second
    async with engine.working():
        await engine.becomes(first, JobState.SUCCEEDED)
        third = await engine.add("touch", None, options)
        assert third != first
        await engine.becomes(third, JobState.SUCCEEDED)


async def test_a_failed_job_that_is_retried_succeeds_and_its_dead_letter_goes(engine: Engine) -> None:
    mended = threading.Event()

    def flawed() -> str:
        if not mended.is_set():
            raise ValueError("not yet")
        return "fine"

    engine.handle("flawed", flawed)

    async def dead() -> int:
        return (await engine.cluster.broker.depth(QUEUE)).dead or 0

    async with engine.working():
        job_id = await engine.add("flawed", None, JobOptions(max_attempts=2, backoff=Backoff.fixed(0)))
        failed = await engine.becomes(job_id, JobState.FAILED)
        await eventually(dead)
        mended.set()
        [changed] = await engine.cluster.operations.retry([job_id], by="mira")
        assert changed.done
        job = await engine.becomes(job_id, JobState.SUCCEEDED)

        async def gone() -> bool:
            return await dead() == 0

        await eventually(gone, timeout=15)
    assert job.epoch > failed.epoch
    assert (job.attempt, job.result, job.error) == (1, b'"fine"', None)


async def test_all_dead_letters_of_a_queue_are_replayed(engine: Engine) -> None:
    mended = threading.Event()

    def flawed(number: int) -> int:
        if not mended.is_set():
            raise ValueError(str(number))
        return number

    engine.handle("flawed", flawed)
    async with engine.working():
        ids = [await engine.add("flawed", {"number": n}, JobOptions(max_attempts=1)) for n in range(20)]
        for job_id in ids:
            await engine.becomes(job_id, JobState.FAILED)
        mended.set()
        assert await engine.cluster.operations.replay_queue(QUEUE, by="mira") == (20, 0)
        for job_id in ids:
            await engine.becomes(job_id, JobState.SUCCEEDED)


async def test_of_many_jobs_only_those_that_fulfil_a_condition_are_treated(engine: Engine) -> None:
    def flawed(why: str) -> None:
        raise ValueError(why)

    engine.handle("flawed", flawed)
    async with engine.working():
        ids = [await engine.add("flawed", {"why": why}, JobOptions(max_attempts=1)) for why in ("teapot", "kettle")]
        for job_id in ids:
            await engine.becomes(job_id, JobState.FAILED)
    teapots = JobFilter(states=(JobState.FAILED,), where=(Argument(path=("why",), sign="=", value="teapot"),))
    operations = engine.cluster.operations
    assert await operations.discard_matching(teapots) == (1, 0)
    assert await operations.retry_matching(teapots, by="mira") == (0, 0)
    assert (await engine.job(ids[1])).state is JobState.FAILED


async def test_a_running_job_cannot_be_retried_and_the_answer_says_so(engine: Engine) -> None:
    started, release = asyncio.Event(), asyncio.Event()

    async def held() -> None:
        started.set()
        await release.wait()

    engine.handle("held", held)
    async with engine.working():
        job_id = await engine.add("held")
        await asyncio.wait_for(started.wait(), 5)
        [refused] = await engine.cluster.operations.retry([job_id], by="mira")
        [unknown] = await engine.cluster.operations.retry(["no-such-job"], by="mira")
        release.set()
    assert not refused.done and refused.state is JobState.RUNNING and refused.reason
    assert not unknown.done and unknown.ref is None


async def test_a_quiet_worker_takes_nothing_new_until_it_is_resumed(engine: Engine) -> None:
    engine.handle("touch", touch)
    async with engine.working(BRISK):
        [status] = await eventually(engine.cluster.inspector.workers)
        await engine.cluster.operations.command(status.id, Command(kind="quiet"))

        async def is_quiet() -> bool:
            [now] = await engine.cluster.inspector.workers()
            return now.state == "quiet"

        await eventually(is_quiet)
        job_id = await engine.add("touch")

        async def waits() -> bool:
            return (await engine.cluster.broker.depth(QUEUE)).ready == 1

        await eventually(waits)
        assert (await engine.job(job_id)).state is JobState.QUEUED
        await engine.cluster.operations.command(status.id, Command(kind="resume"))
        await engine.becomes(job_id, JobState.SUCCEEDED)
