"""The threads of synchronous handlers: so many calls at a time, each answered once, and none left behind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from queueing import JobState
from queueing.worker import threads
from queueing.worker.threads import ThreadPool
from tests.eventually import eventually
from tests.worker.engines import Engine

NAME = "job-of-test-threads"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Threads leave at once, so that each test sees them come and go."""
    monkeypatch.setattr(threads, "IDLE", 0.001)
    yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(NAME)]


async def none_left() -> None:
    await eventually(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith(NAME)])


async def test_calls_are_answered_each_with_its_own_and_so_many_run_at_a_time() -> None:
    pool = ThreadPool(3, name=NAME)
    running, most, lock = 0, 0, threading.Lock()

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.001)
        with lock:
            running -= 1
        return number

    for _ in range(5):
        answers = await asyncio.gather(*(pool.call(lambda number=number: work(number)) for number in range(40)))  # type: ignore[misc]
        assert answers == list(range(40))
    assert most == 3
    pool.close()
    await none_left()


async def test_calls_that_come_as_threads_leave_for_idleness_are_answered() -> None:
    pool = ThreadPool(2, name=NAME)
    for number in range(300):
        assert await asyncio.wait_for(pool.call(lambda number=number: number), 5) == number  # type: ignore[misc]
        await asyncio.sleep(0.001 * (number % 3))
    pool.close()
    await none_left()


async def test_a_call_that_was_cancelled_before_it_began_does_not_begin() -> None:
    pool, begun, go_on = ThreadPool(1, name=NAME), list[str](), threading.Event()
    first = pool.call(go_on.wait)
    second = pool.call(lambda: begun.append("second"))
    third = pool.call(lambda: begun.append("third"))
    second.cancel()
    go_on.set()
    await asyncio.wait_for(asyncio.gather(first, third), 5)
    assert begun == ["third"]
    pool.close()
    await none_left()


async def test_one_that_is_closed_ends_what_it_has_taken() -> None:
    pool, go_on = ThreadPool(1, name=NAME), threading.Event()
    answers = [pool.call(go_on.wait), *(pool.call(lambda number=number: number) for number in range(5))]  # type: ignore[misc]
    pool.close()
    go_on.set()
    assert await asyncio.wait_for(asyncio.gather(*answers), 5) == [True, *range(5)]
    await none_left()


async def test_an_error_is_the_callers_and_the_thread_goes_on() -> None:
    pool = ThreadPool(1, name=NAME)
    with pytest.raises(ZeroDivisionError):
        await pool.call(lambda: 1 // 0)
    assert await pool.call(lambda: "still there") == "still there"
    pool.close()
    await none_left()


async def test_a_handler_that_raises_what_looks_like_a_cancellation_has_failed(engine: Engine) -> None:
    def odd() -> None:
        raise asyncio.CancelledError("not ours")

    engine.handle("odd", odd, fail_on=asyncio.CancelledError)
    job = await engine.done("odd")
    assert (job.state, job.error.kind if job.error else None) == (JobState.FAILED, "asyncio.exceptions.CancelledError")
