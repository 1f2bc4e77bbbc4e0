"""A worker whose key ran out lets go of everything, and starts afresh in the same process."""

from __future__ import annotations

import asyncio
import logging
import threading

import msgspec
import pytest

from queueing import JobContext, JobState
from queueing.worker import life
from tests.eventually import eventually
from tests.worker.engines import BRISK, Engine

PAIR = msgspec.structs.replace(BRISK, concurrency=2)


class Handlers:
    """Their first run does not end by itself, their second returns at once."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.ended: list[str] = []
        self.release = threading.Event()

    async def cooperative(self) -> str:
        if not self._first("async"):
            return "by the second life"
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.append("async")
        return "never"

    def looking(self, ctx: JobContext) -> str:
        if not self._first("sync"):
            return "by the second life"
        while not ctx.cancelled:
            self.release.wait(0.01)
        self.ended.append("sync")
        return "by the first life"

    def stubborn(self) -> str:
        if not self._first("stubborn"):
            return "by the second life"
        self.release.wait(30)
        self.ended.append("stubborn")
        return "by the first life"

    def _first(self, name: str) -> bool:
        self.runs.append(name)
        return self.runs.count(name) == 1


async def lose_the_key(engine: Engine) -> str:
    """As if the worker had not been able to beat for its time to live."""
    [worker] = await engine.cluster.inspector.workers()
    await engine.cluster.store._connection.call(  # type: ignore[attr-defined]
        "DEL",
        engine.cluster.store._keys("worker", worker.id),  # type: ignore[attr-defined]
    )
    return worker.id


async def test_both_kinds_of_handler_are_stopped_and_their_jobs_run_once_more(engine: Engine) -> None:
    handlers = Handlers()
    engine.handle("async", handlers.cooperative)
    engine.handle("sync", handlers.looking)
    ids = [await engine.add("async"), await engine.add("sync")]
    async with engine.working(PAIR):
        await eventually(lambda: sorted(handlers.runs) == ["async", "sync"])
        old = await lose_the_key(engine)
        for job_id in ids:
            job = await engine.becomes(job_id, JobState.SUCCEEDED)
            assert job.result == b'"by the second life"'
            assert [attempt.error.kind for attempt in job.attempts if attempt.error] == ["WorkerLost"]
            assert job.attempts[0].worker == old != job.worker
        assert sorted(handlers.ended) == ["async", "sync"]
        assert sorted(handlers.runs) == ["async", "async", "sync", "sync"]
        later = await engine.add("async")
        await engine.becomes(later, JobState.SUCCEEDED)


async def test_handlers_that_do_not_stop_take_no_slot_of_the_new_life_and_are_told_of(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(life, "HAND_BACK", 0.2)
    handlers = Handlers()
    engine.handle("stubborn", handlers.stubborn)
    engine.handle("touch", lambda: "touched")
    job_id = await engine.add("stubborn")
    one = msgspec.structs.replace(BRISK, concurrency=1)
    with caplog.at_level(logging.WARNING, logger="queueing.worker"):
        async with engine.working(one):
            await eventually(lambda: handlers.runs)
            await lose_the_key(engine)
            job = await engine.becomes(job_id, JobState.SUCCEEDED)
            await engine.becomes(await engine.add("touch"), JobState.SUCCEEDED)
            assert handlers.ended == [], "the first run goes on in its thread"
            handlers.release.set()
            await eventually(lambda: handlers.ended)
    assert job.result == b'"by the second life"'
    assert (await engine.job(job_id)).result == b'"by the second life"'
    assert "1 synchronous handlers" in caplog.text


async def test_what_waits_on_the_bench_is_let_go_too(engine: Engine) -> None:
    handlers = Handlers()
    engine.handle("async", handlers.cooperative)
    engine.handle("touch", lambda: "touched")
    blocking = await engine.add("async")
    others = [await engine.add("touch", queue="parcels") for _ in range(3)]
    async with engine.working(msgspec.structs.replace(BRISK, concurrency=1, queues=("post", "parcels"))):
        await eventually(lambda: handlers.runs)
        await lose_the_key(engine)
        for job_id in (blocking, *others):
            await engine.becomes(job_id, JobState.SUCCEEDED)
    assert {(await engine.job(job_id)).attempt for job_id in others} == {1}
