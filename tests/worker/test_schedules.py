"""Schedules at work: who declares them, who fires them, and what a store that forgets does to them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from queueing import JobState, every
from queueing.domain.schedules import Overlap, Schedule, ScheduleStatus
from queueing.errors import ScheduleNotFound
from queueing.worker import schedules
from queueing.worker.endings import end
from queueing.worker.leader import Leader
from tests.eventually import eventually
from tests.worker.engines import BRISK, QUEUE, Engine
from tests.worker.test_a_store_that_forgets import forget_everything

NAME = "tick"


async def status(engine: Engine, name: str = NAME) -> ScheduleStatus:
    found = await engine.cluster.inspector.schedule(name)
    assert found is not None
    return found


async def succeeded(engine: Engine, count: int, name: str = NAME) -> ScheduleStatus:
    """Its status, once so many of its jobs have."""

    async def have() -> ScheduleStatus | None:
        found = await status(engine, name)
        done = [firing for firing in found.firings if firing.state is JobState.SUCCEEDED]
        return found if len(done) >= count else None

    return await eventually(have, timeout=10, message=f"{count} jobs of {name} to succeed")


async def test_a_schedule_of_the_code_adds_its_jobs(engine: Engine) -> None:
    seen: list[int] = []
    engine.handle(NAME, lambda number: seen.append(number), schedule=every(1, payload={"number": 7}))
    async with engine.working():
        found = await succeeded(engine, 2)
    ticks = [firing.tick for firing in found.firings]
    assert ticks == sorted(set(ticks), reverse=True)
    assert set(seen) == {7}
    job = await engine.job(found.firings[0].job)
    assert job.spec.created_by == f"schedule:{NAME}"


async def test_however_many_lead_each_tick_runs_once(engine: Engine) -> None:
    """The lead is a lock that can be lost without notice; so here three lead at once, all the time."""
    runs: Counter[str] = Counter()
    engine.handle(NAME, lambda ctx: runs.update([ctx.id]), schedule=every(1))
    cluster = engine.cluster

    class Usurper(Leader):
        async def _leads(self) -> bool:
            return True

    usurpers = [Usurper(cluster.broker, cluster.store, cluster.dispatch, worker=name) for name in ("ada", "bob")]
    tasks = [asyncio.create_task(usurper.run()) for usurper in usurpers]
    try:
        async with engine.working():
            found = await succeeded(engine, 3)
    finally:
        await end(tasks)
    assert set(runs.values()) == {1}
    ids = [firing.job for firing in found.firings]
    assert len(ids) == len(set(ids))


async def test_a_store_that_forgot_everything_is_told_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "AGAIN", 0.05)
    engine.handle(NAME, lambda: None, schedule=every(1))
    engine.handle("other", lambda: None)
    worker = engine.cluster.worker(BRISK)
    worker.outside = lambda: [console_made()]
    task = asyncio.create_task(worker.run())
    try:
        await eventually(lambda: engine.cluster.store.knows_schedules("console"))
        await forget_everything(engine)
        await succeeded(engine, 1)
        assert (await status(engine, "made-in-the-console")).schedule.type == "other"
    finally:
        worker.stop()
        await task


def console_made() -> Schedule:
    return Schedule(name="made-in-the-console", type="other", queue=QUEUE, timing=every(3600).timing, source="console")


async def test_a_database_that_is_away_keeps_no_worker_from_its_jobs(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> list[Schedule]:
        raise OSError("no such host")

    engine.handle("touch", lambda: None)
    worker = engine.cluster.worker(BRISK)
    worker.outside = broken
    with caplog.at_level(logging.ERROR, logger="queueing.leader"):
        task = asyncio.create_task(worker.run())
        await engine.becomes(await engine.add("touch"), JobState.SUCCEEDED)
        worker.stop()
        await task
    assert "The console's schedules could not be read: no such host" in caplog.text


async def test_two_schedules_of_one_name_are_told_once(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    engine.handle("made-in-the-console", lambda: None, schedule=every(3600))
    worker = engine.cluster.worker(BRISK)
    worker.outside = lambda: [console_made()]
    with caplog.at_level(logging.ERROR, logger="queueing.leader"):
        task = asyncio.create_task(worker.run())
        await eventually(lambda: engine.cluster.store.knows_schedules("console"))
        await eventually(lambda: "Rename one of them" in caplog.text)
        worker.stop()
        await task
    assert caplog.text.count("Rename one of them") == 1
    assert (await status(engine, "made-in-the-console")).schedule.source == "code"


async def test_a_tick_waits_for_no_job_that_still_runs(engine: Engine) -> None:
    release = asyncio.Event()

    async def slow() -> None:
        await release.wait()

    engine.handle(NAME, slow, schedule=every(1, overlap=Overlap.SKIP))
    async with engine.working():

        async def overlapped() -> bool:
            kinds = [firing.kind for firing in (await status(engine)).firings]
            return kinds.count("overlap") >= 1

        await eventually(overlapped, timeout=10)
        found = await status(engine)
        assert [firing.kind for firing in found.firings].count("fired") == 1
        release.set()
        await succeeded(engine, 1)


async def test_an_operator_runs_one_now_pauses_it_and_lets_it_go_on(engine: Engine) -> None:
    engine.handle(NAME, lambda: None, schedule=every(3600))
    operations = engine.cluster.operations
    async with engine.working():
        await eventually(lambda: engine.cluster.inspector.schedule(NAME))
        job_id = await operations.run_schedule(NAME, by="console:mira")
        record = await engine.becomes(job_id, JobState.SUCCEEDED)
        assert record.spec.created_by == "console:mira"
        await operations.pause_schedule(NAME, by="console:mira")
        assert (await status(engine)).paused_by == "console:mira"
        await operations.resume_schedule(NAME, by="console:mira")
        found = await status(engine)
    assert found.fires
    assert datetime.now(UTC) < found.due_at <= datetime.now(UTC) + timedelta(hours=1)


async def test_what_is_not_there_cannot_be_run_paused_or_resumed(engine: Engine) -> None:
    operations = engine.cluster.operations
    for act in (operations.run_schedule, operations.pause_schedule, operations.resume_schedule):
        with pytest.raises(ScheduleNotFound, match="There is no schedule nobody"):
            await act("nobody", by="tests")
    assert not await operations.remove_schedule("nobody")
