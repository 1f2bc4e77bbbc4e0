"""With very many jobs, lanes and workers, Redis still answers others at once.

``OLD_RECORDS`` sets how many there are; a million is the figure of the long run.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from queueing.adapters.redis import RedisStore
from queueing.domain.job import JobSpec
from queueing.domain.ports import Run
from queueing.domain.reading import JobFilter
from queueing.domain.states import JobState
from queueing.worker.retention import BATCH, Trimmer
from tests.contracts.crowd import Crowd
from tests.contracts.redis_watch import LONG, main_thread, pings, processor, scripts_run, slow_calls, slowness
from tests.contracts.stores import added, alive, attempt, claimed, ending, in_state, job, message, running
from tests.eventually import eventually
from tests.servers.redis import PrivateRedis

OLD = int(os.environ.get("OLD_RECORDS", "100000"))
LANES = [(f"queue-{number % 50}", f"type-{number}") for number in range(1_000)]
TRIES = 8
SAMPLES = 200
"""Calls whose share of the processor is looked at one by one."""


@pytest.fixture
async def client(private_redis: PrivateRedis):
    async with Redis.from_url(private_redis.url) as client:
        await client.config_set("appendfsync", "everysec")  # else a PING waits for the disk
        yield client


@pytest.fixture
async def store(private_redis: PrivateRedis):
    store = RedisStore(private_redis.url, timeout=30)
    await alive(store, ttl=3600)
    yield store
    await store.close()


@pytest.fixture
def crowd(store: RedisStore, client: Redis) -> Crowd:
    return Crowd(store, client, "leveret")


class Acts:
    """What workers, leaders and consoles ask of the store, on jobs that were not touched before."""

    def __init__(self, store: RedisStore, failed: list[str]) -> None:
        self._store = store
        self._failed = iter([failed[start : start + 500] for start in range(0, len(failed), 500)])

    async def page_of_all(self) -> None:
        page = await self._store.page(JobFilter(), cursor=None, limit=50)
        assert len(page.rows) == 50
        assert page.older is not None
        assert len((await self._store.page(JobFilter(), cursor=page.older, limit=50)).rows) == 50

    async def ids(self) -> None:
        ids, _ = await self._store.ids(JobFilter(states=(JobState.FAILED,)), after=None, limit=2_000)
        assert len(set(ids)) == 2_000

    async def counts(self) -> None:
        assert len(await self._store.lanes()) >= len(LANES)
        await self._store.oldest(JobState.QUEUED, [queue for queue, _ in LANES])

    async def replay_and_cancel(self) -> None:
        ids = next(self._failed)
        assert all(change.done for change in await self._store.replay(ids, by="ada"))
        assert all(change.done for change in await self._store.cancel(ids, by="ada"))

    async def discard(self) -> None:
        assert all(change.done for change in await self._store.discard(next(self._failed)))

    async def work(self) -> None:
        specs = [job(payload=b'"' + b"x" * 300 + b'"') for _ in range(500)]
        await self._store.confirm([answer.ref for answer in await self._store.add(specs)])
        runs = await self._store.claim([message(spec) for spec in specs], worker="ada")
        await self._store.settle([_failure(spec, run) for spec, run in zip(specs, runs, strict=True)])

    async def promote(self) -> None:
        await self._store.add([job(delay=0.001) for _ in range(500)])
        assert await eventually(lambda: self._store.promote(limit=500))

    async def look_for_orphans(self) -> None:
        assert await self._store.rescue(older_than=0, limit=200) == []

    async def trim(self) -> None:
        await self._store.trim(limit=200)


def _failure(spec: JobSpec, run: Any) -> Any:
    assert isinstance(run, Run)
    return ending(spec, run, JobState.FAILED, attempt=attempt(run, JobState.FAILED))


@pytest.mark.timeout(600)
async def test_no_call_keeps_redis_from_others_for_10_ms(store: RedisStore, client: Redis, crowd: Crowd):
    old = await in_state(store, JobState.SUCCEEDED, retention=0.0)
    succeeded, lost = await in_state(store, JobState.SUCCEEDED), await in_state(store, JobState.FAILED)
    spec = await added(store)
    await alive(store, ttl=3600)  # longer than it takes to copy; before the claim, for a later beat disowns the job
    await claimed(store, spec)
    await crowd.copy(old, OLD // 2, trimmed=True)
    await crowd.copy(succeeded, OLD // 2, lanes=LANES)
    await crowd.copy(lost, 10_000, lanes=LANES)
    await crowd.copy(spec, 10_000, lanes=LANES)
    failed, _ = await store.ids(JobFilter(states=(JobState.FAILED,)), after=None, limit=10_000)
    acts = Acts(store, failed)
    long: list[str] = []
    for name in [name for name in vars(Acts) if not name.startswith("_")]:
        if await _is_long(client, getattr(acts, name)):
            long.append(name)
    assert long == []
    await store.forget_worker("ada")
    assert not await _is_long(client, lambda: store.rescue(older_than=0, limit=200))


async def _is_long(client: Redis, act: Callable[[], Awaitable[Any]]) -> bool:
    """Whether a call takes half of the time that it may have, of the processor and in the mean; or all of it and a
    margin, by the clock and at most. Each time: on a busy machine any call may have to wait for the processor."""
    for _ in range(TRIES):
        slower = await slowness(client)
        calls, busy = await scripts_run(client), await main_thread(client)
        async with slow_calls(client) as slow:
            await act()
        calls, busy = await scripts_run(client) - calls, await main_thread(client) - busy
        if busy / calls <= slower * LONG / 2000 and all(took <= slower * 2 * LONG for took in slow):
            return False
    return True


@pytest.mark.timeout(900)
async def test_old_records_go_faster_than_jobs_can_end_and_nobody_waits(
    store: RedisStore, client: Redis, crowd: Crowd, private_redis: PrivateRedis
):
    succeeded = await in_state(store, JobState.SUCCEEDED, retention=0.0)
    failed = await in_state(store, JobState.FAILED, retention=0.0)
    kept = await in_state(store, JobState.SUCCEEDED)
    await crowd.copy(succeeded, OLD // 2, trimmed=True)
    await crowd.copy(failed, OLD - OLD // 2, trimmed=True)
    slower = await slowness(client)
    alone = [await processor(client, lambda: store.trim(limit=BATCH)) for _ in range(SAMPLES)]
    with pings(private_redis.url) as waits:
        async with slow_calls(client) as slow:
            started, busy = time.monotonic(), await main_thread(client)
            await Trimmer(store).tend()
            took, busy = time.monotonic() - started, await main_thread(client) - busy
    calls = OLD // BATCH - SAMPLES
    alone.sort()
    rate, each, usual = calls * BATCH / took, busy / calls, alone[SAMPLES * 99 // 100]
    p99 = waits[len(waits) * 99 // 100]
    print(
        f"\n{calls * BATCH:,} records went in {took:.1f} s, {rate:,.0f} a second. Of {calls:,} calls {len(slow)} took "
        f"over {LONG} ms by Redis' clock, the longest {max(slow, default=0):.1f}. Of the processor each needs "
        f"{each * 1000:.2f} ms, of {SAMPLES} 99% at most {usual * 1000:.2f}, the longest {alone[-1] * 1000:.2f}. "
        f"PING of another client: median {waits[len(waits) // 2]:.2f} ms, 99% {p99:.2f}, longest {waits[-1]:.2f}, "
        f"of {len(waits):,}. This machine is {slower:.1f} times as slow as usual"
    )
    assert sum(sum(lane.counts.values()) for lane in await store.lanes()) == 1
    assert (await store.get(kept.id)) is not None
    assert BATCH / each > 8_000 / slower, "records a second of its processor; half of it, and no cluster ends more"
    assert each < slower * LONG / 2000, "seconds of the processor for a call, in the mean"
    assert usual < slower * LONG / 1000, "and in 99 of 100"
    assert len(slow) <= calls / 20, "which had to wait for the processor"
    assert p99 < slower * 3 * LONG


async def test_jobs_of_many_lanes_are_one_list(store: RedisStore, crowd: Crowd):
    await crowd.copy(await in_state(store, JobState.FAILED), 3_000, lanes=LANES)
    wanted = JobFilter(states=(JobState.FAILED,))
    down, cursor = [], None
    while True:
        page = await store.page(wanted, cursor=cursor, limit=400)
        down += [row.id for row in page.rows]
        if (cursor := page.older) is None:
            break
    up: list[str] = []
    after: str | None = None
    while True:
        ids, after = await store.ids(wanted, after=after, limit=700)
        up += ids
        if after is None:
            break
    assert len(set(down)) == len(down) == 3_001
    assert down == up[::-1]


async def test_all_jobs_of_dead_workers_are_found_however_many_run(store: RedisStore, client: Redis, crowd: Crowd):
    spec, _ = await running(store)
    await crowd.copy(spec, 2_500, lanes=LANES)
    await alive(store, "bob")
    lost = [await added(store, queue=queue, type=kind) for queue, kind in LANES[::100]]
    for one in lost:
        await claimed(store, one, worker="bob")
    await store.forget_worker("bob")
    found = await store.rescue(older_than=0, limit=100)
    assert {ref.id for ref in found} == {one.id for one in lost}
    await store.forget_worker("ada")
    seen = []
    while refs := await store.rescue(older_than=0, limit=400):
        assert len(refs) <= 400
        seen += refs
        await asyncio.sleep(0)
    assert len({ref.id for ref in seen}) == len(seen) == 2_501
