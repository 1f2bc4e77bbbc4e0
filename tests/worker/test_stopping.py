"""A worker that stops loses nothing, doubles nothing, and charges nobody."""

from __future__ import annotations

import asyncio

import msgspec

from queueing import JobState
from queueing.domain.reading import JobFilter
from tests.eventually import eventually
from tests.worker.engines import BRISK, Engine


async def test_running_jobs_finish_within_the_grace(engine: Engine) -> None:
    started, release = asyncio.Event(), asyncio.Event()

    async def slow() -> str:
        started.set()
        await release.wait()
        return "finished"

    engine.handle("slow", slow)
    worker = engine.cluster.worker(BRISK)
    task = asyncio.create_task(worker.run())
    job_id = await engine.add("slow")
    await asyncio.wait_for(started.wait(), 5)
    worker.stop()
    release.set()
    await asyncio.wait_for(task, 10)
    assert (await engine.job(job_id)).state is JobState.SUCCEEDED


async def test_what_does_not_finish_is_handed_back_uncharged_and_runs_elsewhere(engine: Engine) -> None:
    runs: list[str] = []
    started = asyncio.Event()

    async def slow() -> str:
        runs.append("x")
        if len(runs) == 1:
            started.set()
            await asyncio.Event().wait()
        return "by the second worker"

    engine.handle("slow", slow)
    first = engine.cluster.worker(msgspec.structs.replace(BRISK, grace=0.1))
    task = asyncio.create_task(first.run())
    job_id = await engine.add("slow")
    await asyncio.wait_for(started.wait(), 5)
    first.stop()
    await asyncio.wait_for(task, 10)
    back = await engine.job(job_id)
    assert (back.state, back.attempt) == (JobState.QUEUED, 0)
    async with engine.working():
        job = await engine.becomes(job_id, JobState.SUCCEEDED)
    assert (job.attempt, len(runs)) == (1, 2)


async def test_a_second_stop_does_not_wait_for_the_grace(engine: Engine) -> None:
    started = asyncio.Event()

    async def endless() -> None:
        started.set()
        await asyncio.Event().wait()

    engine.handle("endless", endless)
    worker = engine.cluster.worker(msgspec.structs.replace(BRISK, grace=600))
    task = asyncio.create_task(worker.run())
    job_id = await engine.add("endless")
    await asyncio.wait_for(started.wait(), 5)
    worker.stop()
    worker.stop()
    await asyncio.wait_for(task, 10)
    assert (await engine.job(job_id)).state is JobState.QUEUED


async def test_a_stop_under_load_loses_and_doubles_nothing(engine: Engine) -> None:
    finished: list[int] = []

    async def mark(number: int) -> None:
        await asyncio.sleep(0)
        finished.append(number)

    engine.handle("mark", mark)
    numbers = list(range(300))
    await engine.cluster.producer.add_many("post", "mark", [{"number": n} for n in numbers])
    for _ in range(3):
        before = len(finished)
        async with engine.working():
            await eventually(lambda before=before: len(finished) > before + 20)
    async with engine.working():
        await eventually(lambda: len(finished) >= len(numbers), timeout=20)

        async def all_done() -> bool:
            counts = await engine.cluster.inspector.counts()
            return counts[JobState.SUCCEEDED] == len(numbers)

        await eventually(all_done)
    assert sorted(finished) == numbers
    page = await engine.cluster.inspector.page(JobFilter(), limit=300)
    assert {row.attempt for row in page.rows} == {1}


async def test_a_stopped_worker_is_gone_from_the_list(engine: Engine) -> None:
    engine.handle("touch", lambda: None)
    async with engine.working():
        [status] = await eventually(engine.cluster.inspector.workers)
        assert (status.state, status.concurrency, status.queues) == ("running", 5, ("post",))
    assert await engine.cluster.inspector.workers() == []


async def test_two_lives_of_one_worker_share_the_load(engine: Engine) -> None:
    seen: set[str] = set()

    async def busy() -> None:
        await asyncio.sleep(0.05)

    engine.handle("busy", busy)
    ids = await engine.cluster.producer.add_many("post", "busy", [None] * 40)
    async with engine.working(msgspec.structs.replace(BRISK, workers=2)):
        for job_id in ids:
            job = await engine.becomes(job_id, JobState.SUCCEEDED)
            seen.add(job.attempts[0].worker)
    assert len(seen) == 2
