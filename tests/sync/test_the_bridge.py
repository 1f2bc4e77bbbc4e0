"""The bridge from synchronous code: any thread, any loop, and after a fork."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import pytest

from queueing import sync
from queueing.errors import LeveretError
from tests.servers.redis import PrivateRedis


async def where() -> tuple[asyncio.AbstractEventLoop, int]:
    await asyncio.sleep(0)
    return asyncio.get_running_loop(), threading.get_ident()


def test_all_threads_share_one_engine_loop() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: sync.run(where()), range(50)))
    assert len(found) == 1
    [(loop, thread)] = found
    assert loop is sync.engine_loop()
    assert thread != threading.get_ident()


async def test_another_loop_awaits_the_engine_without_running_it() -> None:
    loop, _ = await sync.arun(where())
    assert loop is sync.engine_loop() is not asyncio.get_running_loop()


async def test_blocking_an_event_loop_is_refused_and_says_what_to_use() -> None:
    with pytest.raises(LeveretError, match="aenqueue"):
        sync.run(where())


def test_an_error_comes_back_as_it_was_raised() -> None:
    async def fails() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        sync.run(fails())


def test_a_timeout_of_the_work_itself_is_not_taken_for_the_bridges() -> None:
    async def slow() -> None:
        raise TimeoutError("the work's own")

    with pytest.raises(TimeoutError, match="the work's own"):
        sync.run(slow())


def test_work_without_an_end_is_given_up_with_an_error() -> None:
    async def endless() -> None:
        await asyncio.Event().wait()

    with pytest.raises(LeveretError, match=r"did not answer within 0\.05 s"):
        sync.run(endless(), timeout=0.05)


FORK = """
import os, sys
from queueing import sync

async def pid():
    return os.getpid()

assert sync.run(pid()) == os.getpid()
children = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        os._exit(0 if sync.run(pid(), timeout=10) == os.getpid() else 1)
    children.append(child)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
assert sync.run(pid()) == os.getpid()
sys.exit(max(codes))
"""


def test_children_of_a_prefork_server_get_a_loop_of_their_own() -> None:
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


FORK_IN_USE = """
import os, sys
from queueing import runtime, sync
from queueing.conf import ClusterConfig

runtime._configs["default"] = ClusterConfig(redis_url=sys.argv[1], amqp_url="memory://", store_timeout=30)

async def answer():
    store = runtime.cluster().store
    await store.now()
    return await store._connection.swift("ECHO", "x")

sync.run(answer())
for uses in (True, False):
    child = os.fork()
    if child == 0:
        if uses:
            sync.run(answer(), timeout=20)
        sys.exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    sync.run(answer(), timeout=20)
os._exit(0)
"""


def test_a_child_that_ends_does_not_make_its_parent_deaf(private_redis: PrivateRedis) -> None:
    command = [sys.executable, "-c", FORK_IN_USE, private_redis.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_the_engine_does_not_keep_the_callers_context_alive() -> None:
    request: ContextVar[str | None] = ContextVar("request", default=None)
    request.set("a request with all that hangs on it")

    async def seen() -> str | None:
        return request.get()

    assert sync.run(seen()) is None
