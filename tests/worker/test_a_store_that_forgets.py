"""A Redis that comes back empty, as after a failover, while a job runs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from queueing import Backoff, JobOptions, JobState
from queueing.adapters.redis import RedisStore
from queueing.domain.limits import Limit
from tests.contracts.shifted import movable_clock, set_clock
from tests.eventually import eventually
from tests.worker.engines import QUEUE, Engine

EMPTY = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end"


async def forget_everything(engine: Engine) -> None:
    store = engine.cluster.store
    assert isinstance(store, RedisStore)
    await store._connection.call("EVAL", EMPTY, 0, f"{{{engine.cluster.config.prefix}}}:*")


async def test_a_retry_is_not_lost_with_the_record(engine: Engine) -> None:
    attempts: list[int] = []
    running, go = asyncio.Event(), asyncio.Event()

    async def stumble() -> str:
        attempts.append(len(attempts) + 1)
        running.set()
        await go.wait()
        if len(attempts) == 1:
            raise ConnectionError("once")
        return "done"

    engine.handle("stumble", stumble, options=JobOptions(backoff=Backoff.fixed(0.05)))
    async with engine.working():
        job_id = await engine.add("stumble")
        await asyncio.wait_for(running.wait(), 5)
        await forget_everything(engine)
        go.set()
        job = await engine.becomes(job_id, JobState.SUCCEEDED)
    assert (attempts, job.attempt) == ([1, 2], 2)


@pytest.mark.parametrize("outcome", [JobState.SUCCEEDED, JobState.FAILED])
async def test_an_outcome_goes_into_a_new_record(engine: Engine, outcome: JobState) -> None:
    runs: list[int] = []
    running, go = asyncio.Event(), asyncio.Event()

    async def work() -> str:
        runs.append(1)
        running.set()
        await go.wait()
        if outcome is JobState.FAILED:
            raise ConnectionError("for good")
        return "done"

    engine.handle("work", work, options=JobOptions(max_attempts=1))
    async with engine.working():
        job_id = await engine.add("work")
        await asyncio.wait_for(running.wait(), 5)
        await forget_everything(engine)
        go.set()
        await engine.becomes(job_id, outcome)

        async def nothing_waits() -> bool:
            return (await engine.cluster.broker.depth(QUEUE)).ready == 0

        await eventually(nothing_waits)
    assert len(runs) == 1


async def test_an_outcome_is_kept_though_others_fill_the_jobs_limit_meanwhile(engine: Engine) -> None:
    """The limit's slot of the forgotten job was given to the next one. It would have been sent to the end of the line
    with its work done, and been run again."""
    runs: list[str] = []
    gates: dict[str, asyncio.Event] = {name: asyncio.Event() for name in ("first", "second")}

    async def work(name: str) -> None:
        runs.append(name)
        await gates[name].wait()

    engine.handle("work", work, limit=Limit(concurrent=1))
    async with engine.working():
        first = await engine.add("work", {"name": "first"})
        await engine.becomes(first, JobState.RUNNING)
        await forget_everything(engine)
        await eventually(engine.cluster.store.limits, message="the worker to declare its limits again")
        second = await engine.add("work", {"name": "second"})
        await engine.becomes(second, JobState.RUNNING)
        gates["first"].set()
        await engine.becomes(first, JobState.SUCCEEDED)
        gates["second"].set()
        await engine.becomes(second, JobState.SUCCEEDED)
    assert runs == ["first", "second"]


@pytest.mark.parametrize("hindrance", ["pause", "expiry"])
async def test_an_outcome_is_kept_though_the_job_could_not_start_now(engine: Engine, hindrance: str) -> None:
    runs: list[int] = []
    go = asyncio.Event()

    async def work() -> None:
        runs.append(1)
        await go.wait()

    engine.handle("work", work)
    with movable_clock():
        async with engine.working():
            options = JobOptions(expires_at=datetime.now(UTC) + timedelta(hours=1))
            job_id = await engine.add("work", None, options)
            await engine.becomes(job_id, JobState.RUNNING)
            await forget_everything(engine)
            if hindrance == "pause":
                await engine.cluster.operations.pause(QUEUE, by="mira")
            else:
                await set_clock(engine.cluster.store, ahead=7200)
            go.set()
            await engine.becomes(job_id, JobState.SUCCEEDED)
    assert runs == [1]
