"""One leader, whose chores do not hold each other up, and who stops them when it leads no longer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from queueing import JobOptions, JobState
from queueing.adapters.memory import MemoryBroker
from queueing.adapters.redis import RedisStore
from queueing.dispatch import Dispatch
from queueing.worker.dead_letters import DeadLetterKeeper
from queueing.worker.endings import end
from queueing.worker.leader import Leader
from tests.eventually import eventually
from tests.servers.redis import PrivateRedis
from tests.worker.engines import Engine

TTL = 1.0


class Endless:
    """Takes the place of a chore that takes for ever."""

    def __init__(self) -> None:
        self.running = False

    async def tend(self, keeper: DeadLetterKeeper) -> None:
        self.running = True
        try:
            await asyncio.Event().wait()
        finally:
            self.running = False


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Endless:
    chore = Endless()

    async def tend(keeper: DeadLetterKeeper) -> None:
        await chore.tend(keeper)

    monkeypatch.setattr(DeadLetterKeeper, "tend", tend)
    return chore


@asynccontextmanager
async def leading(engine: Engine, worker: str = "ada") -> AsyncIterator[None]:
    cluster = engine.cluster
    task = asyncio.create_task(Leader(cluster.broker, cluster.store, cluster.dispatch, worker=worker, ttl=TTL).run())
    try:
        yield
    finally:
        await end([task])


async def test_a_chore_that_takes_for_ever_delays_neither_the_others_nor_the_lead(
    engine: Engine, endless: Endless
) -> None:
    async with leading(engine):
        await eventually(lambda: endless.running)
        later = [await engine.add("touch", None, JobOptions(delay=delay)) for delay in (0.1, 2 * TTL)]
        for job_id in later:
            await engine.becomes(job_id, JobState.QUEUED)
        assert await engine.cluster.store.leader() == "ada"
        assert endless.running
    assert not endless.running


async def test_who_leads_no_longer_stops_its_chores(engine: Engine, endless: Endless) -> None:
    async with leading(engine):
        await eventually(lambda: endless.running)
        await engine.cluster.store.resign("ada")
        await eventually(lambda: engine.cluster.store.lead("bob", ttl=60))
        await eventually(lambda: not endless.running)
        assert await engine.cluster.store.leader() == "bob"


async def test_a_leader_that_hears_nothing_from_the_store_stops_its_chores_before_another_leads(
    private_redis: PrivateRedis, endless: Endless
) -> None:
    broker, store = MemoryBroker(prefix="leveret"), RedisStore(private_redis.url, timeout=30)
    await broker.connect()
    leader = asyncio.create_task(Leader(broker, store, Dispatch(broker, store), worker="ada", ttl=TTL).run())
    try:
        await eventually(lambda: endless.running)
        with private_redis.stopped():
            await eventually(lambda: not endless.running, timeout=TTL + 1)
        await eventually(lambda: endless.running, timeout=10, message="it leads again")
    finally:
        await end([leader])
        await store.close()
        await broker.close()
