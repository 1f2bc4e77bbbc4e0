"""What the store does while Redis is away, full, slow, or has forgotten."""

from __future__ import annotations

import asyncio
import time
from ssl import SSLError
from urllib.parse import urlsplit

import pytest
import uvloop
from redis.asyncio import Redis

from queueing.adapters.redis import RedisStore, connection
from queueing.conf import ClusterConfig
from queueing.domain.ports import JobStore, Stale
from queueing.domain.states import JobState
from queueing.errors import ConfigurationError, LeveretError, StoreFull, StoreUnavailable
from queueing.runtime import Cluster
from tests.contracts.stores import (
    added,
    alive,
    claimed,
    ending,
    in_state,
    job,
    message,
    record,
    running,
    settled,
    state_of,
)
from tests.eventually import eventually
from tests.servers.redis import PrivateRedis


@pytest.fixture
async def lonely(private_redis: PrivateRedis):
    """A store on a Redis that may be stopped."""
    store = RedisStore(private_redis.url, timeout=1.0)
    yield store
    await store.close()


async def test_a_server_that_is_away_is_said_to_be_with_what_to_do(lonely: JobStore, private_redis: PrivateRedis):
    private_redis.stop()
    with pytest.raises(StoreUnavailable, match=r"redis://127\.0\.0\.1:\d+/0 .*LEVERET_REDIS_URL"):
        await lonely.add([job()])
    health = await lonely.health()
    assert not health.ok
    assert "cannot be reached" in health.detail


def test_what_uvloop_calls_a_closed_handler_is_a_server_that_is_away(redis_url: str):
    # A link that is cut between its opening and its first write. Not taken for an outage, it failed the job.
    async def write_to_a_cut_link(store: RedisStore) -> None:
        parts = urlsplit(redis_url)
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.transport.abort()
        await asyncio.sleep(0)
        with store._connection.wrapped():
            writer.writelines([b"PING"])

    with (
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        pytest.raises(StoreUnavailable, match="cannot be reached"),
    ):
        runner.run(write_to_a_cut_link(RedisStore(redis_url)))


async def test_after_a_restart_everything_works_as_before(lonely: JobStore, private_redis: PrivateRedis):
    spec = await added(lonely)
    private_redis.restart()
    assert await eventually(lambda: _quietly(lonely.get(spec.id)))
    await added(lonely)


async def test_a_server_that_does_not_answer_is_given_up_in_time(lonely: JobStore, private_redis: PrivateRedis):
    await added(lonely)
    async with Redis.from_url(private_redis.url) as client:
        await client.execute_command("CLIENT", "PAUSE", 60_000, "ALL")
    started = time.monotonic()
    with pytest.raises(StoreUnavailable, match="did not answer within 1 s"):
        await lonely.add([job()])
    assert time.monotonic() - started < 3


async def test_many_calls_at_once_share_a_few_connections(lonely: JobStore, private_redis: PrivateRedis):
    await asyncio.gather(*(lonely.sequence() for _ in range(200)))
    async with Redis.from_url(private_redis.url) as client:
        assert len(await client.client_list()) <= 17


async def test_health_does_not_need_more_rights_than_the_store(lonely: JobStore, private_redis: PrivateRedis):
    async with Redis.from_url(private_redis.url) as client:
        await client.execute_command("ACL", "SETUSER", "default", "-info")
    health = await lonely.health()
    assert (health.ok, health.version) == (True, "")


async def test_a_password_is_never_told(private_redis: PrivateRedis):
    url = private_redis.url.replace("redis://", "redis://ada:hush@")
    private_redis.stop()
    store = RedisStore(url, timeout=1.0)
    with pytest.raises(StoreUnavailable) as caught:
        await store.connect()
    assert "hush" not in str(caught.value)
    assert "hush" not in (await store.health()).detail
    await store.close()


async def test_a_wrong_password_is_said_to_be(private_redis: PrivateRedis):
    store = RedisStore(private_redis.url.replace("redis://", "redis://ada:hush@"), timeout=1.0)
    with pytest.raises(StoreUnavailable, match="user or password"):
        await store.connect()
    await store.close()


def test_a_url_of_another_scheme_is_refused():
    with pytest.raises(ConfigurationError, match="ftp://attic"):
        asyncio.run(RedisStore("ftp://ada:hush@attic/0").connect())


@pytest.mark.parametrize(
    "url", ["redis+sentinel://one:26379,two:26379/mymaster/0", "sentinel://one:26379;sentinel://two:26379"]
)
def test_sentinels_are_refused_with_what_to_name_instead(url: str):
    with pytest.raises(ConfigurationError, match=r"Sentinels are not asked.*virtual IP"):
        Cluster(ClusterConfig(redis_url=url, amqp_url="amqp://localhost"))


@pytest.mark.parametrize("prefix", ["", "a b", "a*", "{a}", "x" * 65])
def test_a_prefix_that_would_break_keys_is_refused(prefix: str):
    with pytest.raises(ConfigurationError, match="prefix"):
        RedisStore("redis://localhost", prefix=prefix)


async def test_a_full_server_refuses_and_leaves_nothing_half_done(lonely: JobStore, private_redis: PrivateRedis):
    spec, run = await running(lonely)
    waiting, old = await added(lonely), await in_state(lonely, JobState.SUCCEEDED)
    before = [await record(lonely, each) for each in (spec, waiting, old)]
    lanes = await lonely.lanes()
    async with _full(private_redis):
        for call in (
            lonely.add([job()]),
            lonely.settle([ending(spec, run, JobState.FAILED)]),
            lonely.claim([message(waiting)], worker="ada"),
            lonely.replay([old.id], by="ada"),
            lonely.cancel([waiting.id], by="ada"),
        ):
            with pytest.raises(StoreFull, match="maxmemory"):
                await call
        assert [await record(lonely, each) for each in (spec, waiting, old)] == before
        assert await lonely.lanes() == lanes
    await settled(lonely, ending(spec, run))
    await claimed(lonely, waiting)


async def test_a_full_server_can_still_be_emptied(lonely: JobStore, private_redis: PrivateRedis):
    trimmed = await in_state(lonely, JobState.CANCELLED, retention=0.0)
    discarded = await in_state(lonely, JobState.FAILED)
    async with _full(private_redis):
        assert await lonely.trim(limit=10) == 1
        [changed] = await lonely.discard([discarded.id])
        assert changed.done
    verdicts = await lonely.claim([message(trimmed), message(discarded, epoch=2)], worker="ada")
    assert verdicts == [Stale(), Stale()]


async def test_workers_stay_alive_and_led_while_the_server_is_full(lonely: JobStore, private_redis: PrivateRedis):
    await alive(lonely)
    async with _full(private_redis):
        await alive(lonely)
        assert await lonely.lead("ada", ttl=30)
        assert await lonely.lead("ada", ttl=30)


async def test_scripts_that_the_server_forgot_are_loaded_again(lonely: JobStore, private_redis: PrivateRedis):
    await added(lonely)
    async with Redis.from_url(private_redis.url) as client:
        await client.script_flush()
    spec = await added(lonely)
    assert await state_of(lonely, spec) is JobState.QUEUED


async def test_a_server_that_may_lose_jobs_is_warned_of(lonely: RedisStore, private_redis: PrivateRedis):
    assert await lonely.diagnose() == []
    async with Redis.from_url(private_redis.url) as client:
        await client.config_set("maxmemory-policy", "allkeys-lru")
        await client.config_set("appendonly", "no")
    persistence, policy = await lonely.diagnose()
    assert (persistence.id, "appendonly" in persistence.hint) == ("W014", True)
    assert (policy.id, "noeviction" in policy.hint) == ("W015", True)


async def _quietly(call):
    try:
        return await call
    except LeveretError:
        return None


class _full:
    def __init__(self, server: PrivateRedis) -> None:
        self._client = Redis.from_url(server.url)

    async def __aenter__(self) -> None:
        await self._client.config_set("maxmemory", 1)

    async def __aexit__(self, *_: object) -> None:
        await self._client.config_set("maxmemory", 0)
        await self._client.aclose()


def test_a_handshake_that_fails_is_told_in_its_own_words() -> None:
    failed = SSLError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate")
    assert "self-signed certificate" in connection._reason(failed)
    assert connection._reason(ConnectionRefusedError(111, "Connect call failed")) == "Connection refused"
