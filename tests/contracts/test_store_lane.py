"""The one connection that carries the hot scripts: whose answer is whose, and what its end does to those who wait."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator

import pytest
from redis import exceptions as driver
from redis.asyncio import Redis

from queueing.adapters.redis import RedisStore
from queueing.adapters.redis.demotion import NotPrimary
from queueing.adapters.redis.driver import open_pool
from queueing.adapters.redis.lane import Lane
from queueing.errors import StoreFull, StoreUnavailable
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


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_it_can_be_closed_after_its_loop(private_redis: PrivateRedis):
    lane = Lane(open_pool(private_redis.url, TIMEOUT), timeout=TIMEOUT)
    assert asyncio.run(lane.call("PING")) == b"PONG"
    asyncio.run(lane.close())
    gc.collect()  # The warnings belong to this test.


async def test_whoever_waits_for_a_connection_that_is_closed_meanwhile_is_not_cancelled(lane: Lane):
    waiting = [asyncio.create_task(lane.call("PING")) for _ in range(3)]
    await asyncio.sleep(0)
    assert lane._dialing is not None
    await lane.close()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(each) for each in found} == {driver.ConnectionError}


async def test_one_who_gives_up_does_not_end_the_dialing_of_others(lane: Lane):
    hasty, patient = asyncio.create_task(lane.call("PING")), asyncio.create_task(lane.call("ECHO", "x"))
    await asyncio.sleep(0)
    assert lane._dialing is not None
    hasty.cancel()
    assert await patient == b"x"
    assert hasty.cancelled()


async def test_a_question_that_could_not_be_written_leaves_no_place_in_the_row(lane: Lane):
    await lane.call("PING")
    wire = lane._wire
    assert wire is not None
    with pytest.raises(TypeError):
        wire.ask("no bytes")  # type: ignore[arg-type]
    assert await lane.call("ECHO", "x") == b"x"


async def test_an_error_in_no_known_encoding_is_still_one_callers_affair(lane: Lane):
    bad, good = await asyncio.gather(
        lane.call("EVAL", "return redis.error_reply('ERR \\255\\254')", 0),
        lane.call("ECHO", "x"),
        return_exceptions=True,
    )
    assert isinstance(bad, driver.ResponseError)
    assert good == b"x"


async def test_what_a_server_refuses_is_said_and_forgotten(private_redis: PrivateRedis):
    store = RedisStore(private_redis.url, timeout=TIMEOUT)
    await added(store)
    async with Redis.from_url(private_redis.url) as client:
        await client.execute_command("SCRIPT", "FLUSH")
        assert await record(store, await added(store))

        await client.config_set("maxmemory", "1")
        with pytest.raises(StoreFull):
            await added(store)
        await client.config_set("maxmemory", "0")

        await client.execute_command("REPLICAOF", "127.0.0.1", "1")
        with pytest.raises(StoreUnavailable, match="read-only"):
            await added(store)
        await client.execute_command("REPLICAOF", "NO", "ONE")

        await client.config_set("requirepass", "secret")
        await client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        with pytest.raises(StoreUnavailable, match="password"):
            await added(store)
        await client.config_set("requirepass", "")
    assert await record(store, await added(store))
    await store.close()


@pytest.mark.parametrize(
    "form",
    [
        "redis://:pass@127.0.0.1:{port}/3",
        "redis://carrot:p%40%3A%2Fs@127.0.0.1:{port}/3",
        "unix://{socket}?db=3",
        "unix://carrot:p%40%3A%2Fs@{socket}?db=3",
    ],
)
async def test_it_goes_where_the_url_says_and_as_whom(form: str):
    server = PrivateRedis()
    socket = server.log.with_name("redis.sock")
    server._command += ["--unixsocket", str(socket)]
    with server:
        async with Redis.from_url(server.url) as client:
            await client.execute_command("ACL", "SETUSER", "carrot", "on", ">p@:/s", "~*", "&*", "+@all")
            if "pass" in form:
                await client.config_set("requirepass", "pass")
            url = form.format(port=server._port, socket=socket)
            lane = Lane(open_pool(url, TIMEOUT), timeout=TIMEOUT)
            who = b"carrot" if "carrot" in form else b"default"
            assert await lane.call("ACL", "WHOAMI") == who
            assert b" db=3 " in await lane.call("CLIENT", "INFO")
            await lane.close()
            await client.config_set("requirepass", "")


@contextlib.asynccontextmanager
async def pretending(*answers: bytes) -> AsyncIterator[Lane]:
    """A server that answers so to one question after the other, byte by byte; an empty answer hangs up."""
    left = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            while question := await reader.read(65536):
                greeting = b"+OK\r\n" * question.upper().count(b"SETINFO")
                for byte in greeting or left[0]:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(0)
                if not greeting and left.pop(0)[-2:] != b"\r\n":
                    return

    async with await asyncio.start_server(serve, "127.0.0.1") as server:
        lane = Lane(open_pool(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}", TIMEOUT), timeout=10 * TIMEOUT)
        yield lane
        await lane.close()


async def test_a_server_that_is_still_loading_is_asked_again():
    async with pretending(b"+PONG\r\n", b"-LOADING Redis is loading the dataset in memory\r\n", b"$1\r\nx\r\n") as lane:
        assert await lane.call("PING") == b"PONG"
        assert await lane.call("ECHO", "x") == b"x"


@pytest.mark.parametrize(
    "refusal",
    [
        b"-READONLY You can't write against a read only replica.",
        b"-ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write against a replica.",
        b"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        b"-NOREPLICAS Not enough good replicas to write.",
        b"-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
    ],
    ids=["replica", "replica, in a script of Redis 6", "replica without data", "left by its replicas", "full disk"],
)
async def test_a_server_that_is_no_primary_is_left_and_whoever_is_there_now_is_asked(refusal: bytes):
    async with pretending(
        b"+PONG\r\n", refusal + b"\r\n", b"$1\r\nx\r\n", refusal + b"\r\n", refusal + b"\r\n"
    ) as lane:
        assert await lane.call("PING") == b"PONG"
        wire = lane._wire
        assert await lane.call("ECHO", "x") == b"x"
        assert lane._wire is not wire
        with pytest.raises(NotPrimary):
            await lane.call("ECHO", "x")


async def test_what_was_asked_before_a_refusal_is_answered_and_not_asked_twice(lane: Lane, private_redis: PrivateRedis):
    async with Redis.from_url(private_redis.url) as client:
        await client.set("here", "x")
        await lane.call("PING")
        wire = lane._wire
        await client.execute_command("REPLICAOF", "127.0.0.1", "1")
        reading, writing, also = await asyncio.gather(
            lane.call("GET", "here"), lane.call("SET", "n", "1"), lane.call("GET", "here"), return_exceptions=True
        )
        assert (reading, also) == (b"x", b"x")
        assert isinstance(writing, NotPrimary)
        assert lane._wire is not wire
        await client.execute_command("REPLICAOF", "NO", "ONE")
        calls = (await client.info("commandstats"))["cmdstat_get"]["calls"]
    assert calls == 2


async def test_the_connections_of_reads_are_made_anew_as_well(private_redis: PrivateRedis):
    store = RedisStore(private_redis.url, timeout=TIMEOUT)
    async with Redis.from_url(private_redis.url) as client:
        await added(store)
        before = {await store._connection.call("CLIENT", "ID") for _ in range(3)}
        await client.execute_command("REPLICAOF", "127.0.0.1", "1")
        with pytest.raises(StoreUnavailable, match="read-only"):
            await added(store)
        await client.execute_command("REPLICAOF", "NO", "ONE")
        assert await store._connection.call("CLIENT", "ID") not in before
        assert await record(store, await added(store))
    await store.close()


async def test_half_an_answer_is_nobodys():
    async with pretending(b"+PONG\r\n", b"*2\r\n$5\r\nal", b"$1\r\nx\r\n", b"$1\r\ny\r\n") as lane:
        assert await lane.call("PING") == b"PONG"
        assert await lane.call("ECHO", "x") == b"x"
        assert await lane.call("ECHO", "y") == b"y"
