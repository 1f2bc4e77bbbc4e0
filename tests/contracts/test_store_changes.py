"""What hints promise beyond the port: how they come over Redis."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from queueing.adapters.redis import RedisStore
from queueing.domain.reading import Hint
from queueing.errors import NotificationsUnavailable, StoreUnavailable
from queueing.testing.contracts.changes import listening
from tests.contracts.conftest import MakeStore
from tests.contracts.stores import added, alive
from tests.eventually import eventually
from tests.servers.redis import PrivateRedis


async def test_silence_is_not_taken_for_a_gap(make_store: MakeStore):
    store = make_store(timeout=1.0)
    async with listening(store) as listener:
        listener.hints.clear()
        await asyncio.wait([listener.task], timeout=2.5)  # more than two timeouts
        assert not listener.task.done()
        spec = await added(store)
        assert await listener.heard("job", spec.id)
        assert Hint(kind="all") not in listener.hints


async def test_a_worker_whose_key_runs_out_is_hinted_at(private_redis: PrivateRedis):
    store = RedisStore(private_redis.url)
    async with listening(store) as listener:
        await alive(store, "bob", ttl=0.05)
        await listener.heard("worker", "bob")

        async def expired() -> bool:
            states = [worker.state for worker in await store.workers()]
            return states == ["gone"] and len([hint for hint in listener.hints if hint.id == "bob"]) >= 3

        await eventually(expired)
    await store.close()


async def test_the_flags_that_others_need_are_kept(private_redis: PrivateRedis):
    async with Redis.from_url(private_redis.url, decode_responses=True) as client:
        await client.config_set("notify-keyspace-events", "El")
        store = RedisStore(private_redis.url)
        async with listening(store):
            flags = (await client.config_get("notify-keyspace-events"))["notify-keyspace-events"]
        await store.close()
    assert set("ElKhgx") <= set(flags)


async def test_after_a_gap_everything_may_have_changed(private_redis: PrivateRedis):
    store = RedisStore(private_redis.url, timeout=1.0)
    async with listening(store) as listener:
        private_redis.restart()
        assert await listener.heard("all")
        spec = await added(store)
        assert await listener.heard("job", spec.id)
    await store.close()


@contextlib.asynccontextmanager
async def managed(redis: PrivateRedis, *, forbidden: str = "-config") -> AsyncIterator[tuple[RedisStore, Redis]]:
    """A server as a provider keeps it, and the provider, who sets what may not be set."""
    async with Redis.from_url(redis.url) as provider:
        await provider.execute_command(
            "ACL", "SETUSER", "shop", "on", ">secret", "~*", "&*", "+@all", *forbidden.split()
        )
        store = RedisStore(redis.url.replace("redis://", "redis://shop:secret@"))
        yield store, provider
        await store.close()


async def are_heard(store: RedisStore) -> bool:
    """What ``diagnose`` says, and what listening shows."""
    said = "W016" not in {finding.id for finding in await store.diagnose()}
    try:
        async with listening(store) as listener:
            spec = await added(store)
            heard = not listener.task.done() and await listener.heard("job", spec.id)
    except NotificationsUnavailable as why:
        assert "notify-keyspace-events" in str(why)
        heard = False
    assert said is heard
    return heard


async def test_where_the_server_does_not_let_us_set_them_it_is_tried_out_whether_it_tells(private_redis: PrivateRedis):
    async with managed(private_redis) as (store, provider):
        for flags, enough in {
            "": False, "Kh": False, "Khg": False, "Khx": False, "Kgx": False, "Ehgx": False,
            "Khgx": True, "KA": True, "KEA": True,
        }.items():  # fmt: skip
            await provider.config_set("notify-keyspace-events", flags)
            assert await are_heard(store) is enough, flags
        assert [key async for key in provider.scan_iter(match="*probe*")] == [], "it leaves nothing behind"


async def test_where_not_even_trying_is_allowed_they_are_unavailable(private_redis: PrivateRedis):
    async with managed(private_redis, forbidden="-config -publish") as (store, provider):
        await provider.config_set("notify-keyspace-events", "KEA")
        assert not await are_heard(store)


async def test_it_is_tried_out_again_after_a_gap(private_redis: PrivateRedis):
    async with managed(private_redis) as (store, provider):
        await provider.config_set("notify-keyspace-events", "KEA")
        async with listening(store) as listener:
            await provider.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            assert await listener.heard("all")
            spec = await added(store)
            assert await listener.heard("job", spec.id)


async def test_listening_to_a_server_that_is_away_says_so(private_redis: PrivateRedis):
    private_redis.stop()
    store = RedisStore(private_redis.url, timeout=1.0)
    with pytest.raises(StoreUnavailable):
        await anext(aiter(store.changes()))
    await store.close()
