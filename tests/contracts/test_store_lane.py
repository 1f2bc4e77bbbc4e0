"""The one connection that carries the hot scripts: whose answer is whose, and what its end does to those who wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis import exceptions as driver
from redis.asyncio import Redis

from queueing.adapters.redis import RedisStore
from queueing.adapters.redis.driver import open_pool
from queueing.adapters.redis.lane import Lane
from queueing.errors import StoreUnavailable
from tests.contracts.stores import added, job, record
from tests.eventually import eventually
from tests.servers.redis import PrivateRedis

TIMEOUT = 1.0


@pytest.fixture
async def lane(private_redis: PrivateRedis) -> AsyncIterator[Lane]:
    lane = Lane(open_pool(private_redis.url, TIMEOUT), timeout=TIMEOUT)
    yield lane
    await lane.close()


async def connections(server: PrivateRedis) -> int:
    async with Redis.from_url(server.url) as client:
        return len(await client.client_list()) - 1


async def test_calls_at_once_share_a_connection_and_each_has_its_own_answer(lane: Lane, private_redis: PrivateRedis):
    answers = await asyncio.gather(*(lane.call("ECHO", f"{number}") for number in range(500)))
    assert answers == [str(number).encode() for number in range(500)]
    assert await connections(private_redis) == 1


async def test_what_the_server_refuses_is_one_callers_affair(lane: Lane):
    good, bad, also = await asyncio.gather(
        lane.call("PING"), lane.call("EVALSHA", "0" * 40, 0), lane.call("ECHO", "x"), return_exceptions=True
    )
    assert (good, also) == (b"PONG", b"x")
    assert isinstance(bad, driver.NoScriptError)


async def test_the_answer_of_one_who_has_given_up_is_nobody_elses(lane: Lane, private_redis: PrivateRedis):
    await lane.call("PING")
    async with Redis.from_url(private_redis.url) as client:
        await client.execute_command("CLIENT", "PAUSE", 60_000, "WRITE")
        given_up = asyncio.create_task(lane.call("INCR", "n"))
        kept = asyncio.create_task(lane.call("INCR", "n"))
        await asyncio.sleep(0)
        given_up.cancel()
        await client.execute_command("CLIENT", "UNPAUSE")
    assert await kept == 2
    assert given_up.cancelled()
    assert await connections(private_redis) == 1


async def test_a_connection_that_is_cut_is_made_anew_and_the_calls_on_it_are_made_again(
    lane: Lane, private_redis: PrivateRedis
):
    await lane.call("PING")
    async with Redis.from_url(private_redis.url) as client:
        await client.execute_command("CLIENT", "PAUSE", 60_000, "WRITE")
        waiting = [asyncio.create_task(lane.call("INCR", f"n{number}")) for number in range(20)]
        await asyncio.sleep(0)
        await client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await client.execute_command("CLIENT", "UNPAUSE")
    assert await asyncio.gather(*waiting) == [1] * 20


async def test_a_server_that_says_nothing_is_given_up_by_all_who_wait(lane: Lane, private_redis: PrivateRedis):
    await lane.call("PING")
    async with Redis.from_url(private_redis.url) as client:
        await client.execute_command("CLIENT", "PAUSE", 60_000, "WRITE")
        first = asyncio.create_task(lane.call("INCR", "n"))
        await asyncio.sleep(TIMEOUT / 2)
        second = asyncio.create_task(lane.call("INCR", "n"))
        found = await asyncio.wait_for(asyncio.gather(first, second, return_exceptions=True), 10 * TIMEOUT)
        assert [type(each) for each in found] == [TimeoutError] * 2
        await client.execute_command("CLIENT", "UNPAUSE")
    assert await lane.call("ECHO", "again") == b"again"


async def test_a_server_that_is_away_is_said_to_be_and_found_again(private_redis: PrivateRedis):
    store = RedisStore(private_redis.url, timeout=TIMEOUT)
    await added(store)
    private_redis.stop()
    found = await asyncio.gather(*(store.add([job()]) for _ in range(20)), return_exceptions=True)
    assert {type(each) for each in found} == {StoreUnavailable}
    private_redis.start()

    async def works() -> bool:
        try:
            return bool(await record(store, await added(store)))
        except StoreUnavailable:
            return False

    await eventually(works)
    await store.close()


def test_another_loop_has_a_connection_of_its_own(private_redis: PrivateRedis):
    lane = Lane(open_pool(private_redis.url, TIMEOUT), timeout=TIMEOUT)
    with asyncio.Runner() as one, asyncio.Runner() as other:
        assert one.run(lane.call("PING")) == b"PONG"
        wire = lane._wire
        assert wire is not None
        assert other.run(lane.call("PING")) == b"PONG"
        assert lane._wire is not wire
        other.run(lane.close())
        one.run(wire.close())


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n", b"+OK\r\n"], ids=["no Redis", "nobody asked"])
async def test_what_is_no_answer_ends_the_connection_rather_than_be_taken_for_one(lane: Lane, said: bytes):
    await lane.call("PING")
    wire = lane._wire
    assert wire is not None
    wire.data_received(said)
    assert not wire.usable
    assert await lane.call("ECHO", "x") == b"x"
