"""Redis fails over: a replica becomes the primary, the name in the URL leads there, and the old primary lives on as its
replica, with all connections open. Nothing but its answers tells."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import NamedTuple

import msgspec
import pytest
from redis.asyncio import Redis

from queueing import JobState
from queueing.adapters.redis import RedisStore
from queueing.conf import ClusterConfig
from queueing.errors import StoreUnavailable
from tests.chaos.proxy import Proxy
from tests.eventually import eventually
from tests.places import own_prefix
from tests.servers import private
from tests.servers.redis import PrivateRedis
from tests.worker.engines import BRISK, QUEUE, Engine

PATIENT = msgspec.structs.replace(BRISK, heartbeat=0.2, ttl=15.0)


class Pair(NamedTuple):
    """Two servers, and the address by which a project knows whichever of them is the primary."""

    old: PrivateRedis
    new: PrivateRedis
    address: Proxy

    async def fail_over(self) -> None:
        """In order and without loss: the old one waits until the new one has all it has."""
        host, port = self.new.url.removeprefix("redis://").removesuffix("/0").split(":")
        async with Redis.from_url(self.old.url) as client:
            await client.execute_command("FAILOVER", "TO", host, port)
            await eventually(lambda: role(self.old, "slave"), message="the old primary to become a replica")


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    with private.redis() as old, private.redis() as new:
        async with Proxy(old.url) as address:
            async with Redis.from_url(old.url) as client:
                await client.config_set("repl-diskless-sync-delay", 0)
            async with Redis.from_url(new.url) as client:
                host, port = old.url.removeprefix("redis://").removesuffix("/0").split(":")
                await client.execute_command("REPLICAOF", host, port)
                await eventually(lambda: role(new, "slave", link="up"), message="the replica to have all data")
            yield Pair(old, new, address)


async def role(server: PrivateRedis, role: str, **also: str) -> bool:
    async with Redis.from_url(server.url) as client:
        info = await client.info("replication")
    return info["role"] == role and all(info[f"master_{key}_status"] == value for key, value in also.items())


async def served_by(server: PrivateRedis) -> int:
    """Connections of clients, but for the one that asks."""
    async with Redis.from_url(server.url) as client:
        return len(await client.client_list(_type="normal")) - 1


async def test_a_worker_goes_on_with_the_new_primary_and_each_job_runs_once(pair: Pair, amqp_url: str) -> None:
    runs: Counter[str] = Counter()
    gate = asyncio.Event()

    async def work(name: str) -> str:
        runs[name] += 1
        if name == "long":
            await gate.wait()
        return name

    async with own_prefix(amqp_url, pair.address.url, QUEUE) as prefix:
        engine = Engine(ClusterConfig(amqp_url=amqp_url, redis_url=pair.address.url, prefix=prefix, store_timeout=2.0))
        await engine.cluster.open()
        engine.handle("work", work)

        async def add(name: str) -> str | None:
            try:
                return await engine.add("work", {"name": name})
            except StoreUnavailable:
                return None

        async with engine.working(PATIENT):
            [before] = await eventually(engine.cluster.inspector.workers)
            long = await engine.add("work", {"name": "long"})
            await engine.becomes(long, JobState.RUNNING)
            waiting = [await engine.add("work", {"name": f"before {n}"}) for n in range(50)]
            await pair.fail_over()
            # The address still leads to the old one: a refusal, and nothing is carried out.
            with pytest.raises(StoreUnavailable, match="read-only replica"):
                await engine.add("work", {"name": "refused"})
            pair.address.lead_to(pair.new.url)

            first = await eventually(lambda: add("first"), message="a job to be taken by the new primary")
            gate.set()
            after = [await engine.add("work", {"name": f"after {n}"}) for n in range(50)]
            for job_id in (long, *waiting, first, *after):
                await engine.becomes(job_id, JobState.SUCCEEDED)
            [now] = await engine.cluster.inspector.workers()
            assert now.id == before.id
            assert (await engine.cluster.store.health()).ok
        await engine.cluster.close()
    assert set(runs.values()) == {1}
    assert "refused" not in runs


async def test_who_only_reads_and_listens_finds_out_by_looking_after_the_servers_health(pair: Pair) -> None:
    """A replica answers a console's questions, with what it still hears of."""
    console = RedisStore(pair.address.url, timeout=2.0)
    worker = RedisStore(pair.address.url, timeout=2.0)
    hints = console.changes()
    listening = asyncio.ensure_future(anext(hints))
    try:
        async with Redis.from_url(pair.old.url) as client:
            await eventually(lambda: client.pubsub_numpat(), message="the console to listen")
        await pair.fail_over()
        health = await console.health()
        assert not health.ok
        assert "read-only replica" in health.detail

        pair.address.lead_to(pair.new.url)
        assert (await console.health()).ok
        hint = await asyncio.wait_for(listening, 10)
        assert hint.kind == "all"
        listening = asyncio.ensure_future(anext(hints))
        await worker.pause("post", paused=True, by="ada")
        assert (await asyncio.wait_for(listening, 10)).id == "post"
        assert await served_by(pair.old) == 0
    finally:
        listening.cancel()
        await asyncio.wait([listening])
        await hints.aclose()
        await console.close()
        await worker.close()
