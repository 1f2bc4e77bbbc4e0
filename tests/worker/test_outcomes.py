"""How a handler ends decides what its job becomes."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from typing import Any

import pytest

from queueing import Backoff, Cancel, Fail, JobContext, JobOptions, JobState, Retry
from tests.worker.engines import Engine

QUICK = JobOptions(max_attempts=3, backoff=Backoff.fixed(0.0))


async def test_a_value_returned_is_the_result(engine: Engine) -> None:
    async def add(a: int, b: int) -> dict[str, int]:
        return {"sum": a + b}

    engine.handle("add", add)
    job = await engine.done("add", {"a": 2, "b": 3})
    assert (job.state, job.result) == (JobState.SUCCEEDED, b'{"sum":5}')
    assert job.attempt == 1
    assert job.started_at and job.finished_at and job.created_at <= job.started_at <= job.finished_at


async def test_a_synchronous_handler_runs_in_a_thread(engine: Engine) -> None:
    def where() -> str:
        return threading.current_thread().name

    engine.handle("where", where)
    job = await engine.done("where")
    assert job.result is not None
    assert json.loads(job.result) == f"job {job.id}"  # by which a look at a worker's stacks finds it


async def test_an_exception_is_a_failed_attempt_and_the_last_one_fails_the_job(engine: Engine) -> None:
    def broken() -> None:
        raise ValueError("no such colour: 42")

    engine.handle("broken", broken)
    job = await engine.done("broken", None, QUICK)
    assert (job.state, job.attempt) == (JobState.FAILED, 3)
    assert [attempt.outcome for attempt in job.attempts] == [JobState.RETRYING, JobState.RETRYING, JobState.FAILED]
    assert job.error is not None
    assert (job.error.kind, job.error.message) == ("ValueError", "no such colour: 42")
    frame = job.error.frames[-1]
    assert (frame.function, frame.ours) == ("broken", True)
    assert 'raise ValueError("no such colour: 42")' in frame.source[frame.line - frame.first_line]


async def test_a_flaky_handler_is_retried_until_it_succeeds(engine: Engine) -> None:
    tries: list[int] = []

    async def flaky(ctx: JobContext) -> str:
        tries.append(ctx.attempt)
        if len(tries) < 3:
            raise ConnectionError("try again")
        return "at last"

    engine.handle("flaky", flaky)
    job = await engine.done("flaky", None, QUICK)
    assert (job.state, job.result, tries) == (JobState.SUCCEEDED, b'"at last"', [1, 2, 3])


async def test_retry_after_waits_as_long_as_the_handler_says(engine: Engine) -> None:
    async def later(ctx: JobContext) -> None:
        if ctx.attempt == 1:
            raise Retry("the gateway is busy", after=0.6)

    engine.handle("later", later)
    job = await engine.done("later", None, JobOptions(backoff=Backoff.fixed(3600)))
    first, second = job.attempts
    assert job.state is JobState.SUCCEEDED
    assert 0.55 <= (second.started_at - first.ended_at).total_seconds() < 3
    assert first.error is not None and first.error.kind == "Retry"


async def test_fail_is_for_good(engine: Engine) -> None:
    async def declined() -> None:
        raise Fail("insufficient_funds")

    engine.handle("declined", declined)
    job = await engine.done("declined", None, QUICK)
    assert (job.state, job.attempt, job.error_message) == (JobState.FAILED, 1, "insufficient_funds")


async def test_cancel_ends_the_job_as_cancelled(engine: Engine) -> None:
    def moot() -> None:
        raise Cancel("the order is gone")

    engine.handle("moot", moot)
    job = await engine.done("moot")
    assert (job.state, job.note) == (JobState.CANCELLED, "the order is gone")


@pytest.mark.parametrize(
    ("described", "error", "attempts"),
    [
        ({"retry_on": ConnectionError}, ConnectionError, 3),
        ({"retry_on": ConnectionError}, KeyError, 1),
        ({"fail_on": (KeyError, ValueError)}, KeyError, 1),
        ({"fail_on": (KeyError, ValueError)}, ConnectionError, 3),
    ],
)
async def test_a_type_may_say_which_errors_are_worth_another_attempt(
    engine: Engine, described: dict[str, Any], error: type[Exception], attempts: int
) -> None:
    def raising() -> None:
        raise error("x")

    engine.handle("raising", raising, **described)
    job = await engine.done("raising", None, QUICK)
    assert (job.state, job.attempt) == (JobState.FAILED, attempts)


async def test_a_type_without_a_handler_fails_with_a_reason(engine: Engine) -> None:
    job = await engine.done("nobody_knows", {"x": 1})
    assert (job.state, job.attempt, job.error_kind) == (JobState.FAILED, 1, "NoHandler")
    assert "nobody_knows" in (job.error_message or "")


async def test_a_payload_that_does_not_fit_fails_with_its_path(engine: Engine) -> None:
    async def typed(sizes: list[int]) -> None: ...

    job_id = await engine.add("typed", {"sizes": [1, "two"]})
    engine.handle("typed", typed)
    async with engine.working():
        job = await engine.becomes(job_id, JobState.FAILED)
    assert job.error is not None
    assert (job.attempt, job.error.kind) == (1, "InvalidPayload")
    assert "$.sizes[1]" in job.error.message


@pytest.mark.parametrize("leave", [SystemExit, KeyboardInterrupt, StopIteration])
@pytest.mark.parametrize("form", ["async", "sync"])
async def test_a_handler_cannot_take_the_worker_with_it(engine: Engine, leave: type[BaseException], form: str) -> None:
    if form == "async" and leave is StopIteration:
        leave = asyncio.CancelledError

    def leaves() -> None:
        raise leave("bye")

    async def leaves_async() -> None:
        raise leave("bye")

    engine.handle("leaves", leaves if form == "sync" else leaves_async)
    engine.handle("stays", lambda: "here")
    async with engine.working():
        left = await engine.add("leaves", None, JobOptions(max_attempts=1))
        stayed = await engine.add("stays")
        assert (await engine.becomes(left, JobState.FAILED)).error is not None
        assert (await engine.becomes(stayed, JobState.SUCCEEDED)).result == b'"here"'


async def test_a_result_that_is_not_json_does_not_undo_the_work(engine: Engine) -> None:
    runs: list[int] = []

    def works() -> object:
        runs.append(1)
        return object()

    engine.handle("works", works)
    job = await engine.done("works")
    assert (job.state, runs) == (JobState.SUCCEEDED, [1])
    assert "not kept" in (job.note or "")


async def test_an_exception_with_a_broken_message_is_still_recorded(engine: Engine) -> None:
    class Rude(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no comment")

    def rude() -> None:
        raise Rude

    def strange() -> None:
        raise ValueError("half a pair \ud800 and a nul \0")

    engine.handle("rude", rude)
    engine.handle("strange", strange)
    first = await engine.done("rude", None, JobOptions(max_attempts=1))
    second = await engine.done("strange", None, JobOptions(max_attempts=1))
    assert first.error and "cannot be shown" in first.error.message
    assert second.error and second.error.message == "half a pair ? and a nul \0"


async def test_an_async_handler_over_its_time_limit_is_stopped(engine: Engine) -> None:
    stopped = asyncio.Event()

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    engine.handle("slow", slow)
    job = await engine.done("slow", None, JobOptions(max_attempts=1, timeout=0.2))
    assert (job.state, job.error_kind) == (JobState.FAILED, "TimeLimit")
    assert stopped.is_set()


async def test_a_synchronous_handler_over_its_time_limit_is_told(engine: Engine) -> None:
    def slow(ctx: JobContext) -> str:
        while not ctx.cancelled:
            threading.Event().wait(0.01)
        return "gave up"

    engine.handle("slow", slow)
    job = await engine.done("slow", None, JobOptions(max_attempts=1, timeout=0.2))
    assert (job.state, job.error_kind) == (JobState.FAILED, "TimeLimit")


async def test_a_deep_recursion_fails_its_job_only(engine: Engine) -> None:
    def deep() -> None:
        deep()

    engine.handle("deep", deep)
    job = await engine.done("deep", None, JobOptions(max_attempts=1))
    assert (job.state, job.error_kind) == (JobState.FAILED, "RecursionError")
    assert job.error and len(job.error.frames) <= 40 < sys.getrecursionlimit()
