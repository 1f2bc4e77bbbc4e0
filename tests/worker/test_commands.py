"""A worker does what the console tells it."""

from __future__ import annotations

import asyncio
import threading

import msgspec
import pytest

from queueing import JobState
from queueing.worker.options import WorkerOptions
from tests.eventually import eventually
from tests.worker.engines import BRISK, Engine

ONE = msgspec.structs.replace(BRISK, concurrency=1)


class Doorman:
    """Counts jobs that run, and lets them go one at a time."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self._pass = threading.Semaphore(0)

    def enter(self) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)

    def leave(self) -> None:
        self.inside -= 1

    async def pass_through(self) -> None:
        self.enter()
        await eventually(lambda: self._pass.acquire(blocking=False), timeout=20)
        self.leave()

    def pass_in_a_thread(self) -> None:
        self.enter()
        self._pass.acquire(timeout=20)
        self.leave()

    def let_go(self, count: int) -> None:
        self._pass.release(count)


@pytest.mark.parametrize("kind", ["async", "sync"])
async def test_more_slots_are_filled_at_once(engine: Engine, kind: str) -> None:
    door = Doorman()
    engine.handle("pass", door.pass_through if kind == "async" else door.pass_in_a_thread)
    ids = [await engine.add("pass") for _ in range(6)]
    async with engine.working(ONE):
        await eventually(lambda: door.inside == 1)
        await engine.tell("concurrency", "4")
        await eventually(lambda: door.inside == 4)
        await eventually(lambda: shown(engine, 4))
        door.let_go(6)
        for job_id in ids:
            assert (await engine.becomes(job_id, JobState.SUCCEEDED)).attempt == 1


async def test_fewer_slots_disturb_nothing_that_runs(engine: Engine) -> None:
    door = Doorman()
    engine.handle("pass", door.pass_through)
    ids = [await engine.add("pass") for _ in range(8)]
    async with engine.working(msgspec.structs.replace(BRISK, concurrency=4)):
        await eventually(lambda: door.inside == 4)
        await engine.tell("concurrency", "1")
        await eventually(lambda: shown(engine, 1))
        assert door.inside == 4
        door.let_go(3)
        await eventually(lambda: door.inside == 1)
        door.most = 0
        door.let_go(5)
        for job_id in ids:
            assert (await engine.becomes(job_id, JobState.SUCCEEDED)).attempt == 1
    assert door.most <= 1, "a slot that was taken away was filled again"


@pytest.mark.parametrize("value", ["", "0", "-1", "many", "99999999999", "²"])
async def test_a_number_that_makes_no_sense_changes_nothing(engine: Engine, value: str) -> None:
    engine.handle("touch", lambda: "touched")
    async with engine.working():
        await eventually(lambda: shown(engine, BRISK.concurrency))
        await engine.tell("concurrency", value)
        await engine.tell("quiet")
        await eventually(lambda: in_state(engine, "quiet"))
        assert await shown(engine, BRISK.concurrency)


async def test_stop_ends_the_worker_and_loses_nothing(engine: Engine) -> None:
    door = Doorman()
    engine.handle("pass", door.pass_through)
    running, waiting = await engine.add("pass"), await engine.add("pass")
    task = asyncio.create_task(engine.cluster.worker(ONE).run())
    await eventually(lambda: door.inside == 1)
    await engine.tell("stop")
    await eventually(lambda: in_state(engine, "stopping"))
    door.let_go(2)
    await asyncio.wait_for(task, 10)
    assert (await engine.job(running)).state is JobState.SUCCEEDED
    assert (await engine.job(waiting)).state is JobState.QUEUED
    async with engine.working():
        await engine.becomes(waiting, JobState.SUCCEEDED)


async def test_a_dump_tells_what_tasks_and_threads_are_doing(engine: Engine) -> None:
    door = Doorman()

    async def wait_for_the_doorman() -> None:
        await door.pass_through()

    def sit_in_a_thread() -> None:
        door.pass_in_a_thread()

    engine.handle("task", wait_for_the_doorman)
    engine.handle("thread", sit_in_a_thread)
    ids = [await engine.add("task"), await engine.add("thread")]
    async with engine.working():
        await eventually(lambda: door.inside == 2)
        [worker] = await engine.cluster.inspector.workers()
        await engine.tell("dump")

        async def dumped() -> str | None:
            return await engine.cluster.store.dump(worker.id)

        text = await eventually(dumped)
        door.let_go(2)
        for job_id in ids:
            await engine.becomes(job_id, JobState.SUCCEEDED)
    assert text and "heartbeat of" in text and "in pass_through" in text and "in sit_in_a_thread" in text
    for kind, job_id, place in (("task", ids[0], "in pass_through"), ("thread", ids[1], "in sit_in_a_thread")):
        stack = text.partition(f"\n{kind} job {job_id}\n")[2].partition("\nthread")[0]
        assert place in stack, "each job's stack stands under its id"


async def test_quiet_and_resume(engine: Engine) -> None:
    engine.handle("touch", lambda: "touched")
    async with engine.working():
        await eventually(lambda: in_state(engine, "running"))
        await engine.tell("quiet")
        await eventually(lambda: in_state(engine, "quiet"))
        job_id = await engine.add("touch")
        await eventually(lambda: rests(engine))
        await engine.tell("resume")
        await engine.becomes(job_id, JobState.SUCCEEDED)


async def test_resume_does_not_wake_a_worker_that_is_stopping(engine: Engine) -> None:
    door = Doorman()
    engine.handle("pass", door.pass_through)
    await engine.add("pass")
    options: WorkerOptions = msgspec.structs.replace(BRISK, grace=10.0)
    task = asyncio.create_task(engine.cluster.worker(options).run())
    await eventually(lambda: door.inside == 1)
    await engine.tell("stop")
    await eventually(lambda: in_state(engine, "stopping"))
    await engine.tell("resume")
    late = await engine.add("pass")
    await eventually(lambda: rests(engine))
    door.let_go(2)
    await asyncio.wait_for(task, 10)
    assert (await engine.job(late)).state is JobState.QUEUED


async def shown(engine: Engine, concurrency: int) -> bool:
    return [status.concurrency for status in await engine.cluster.inspector.workers()] == [concurrency]


async def in_state(engine: Engine, state: str) -> bool:
    return [status.state for status in await engine.cluster.inspector.workers()] == [state]


async def rests(engine: Engine) -> bool:
    return await engine.ready() == 1
