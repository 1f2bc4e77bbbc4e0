"""Limits with workers: they hold over all of them, cost no asking round, and leave nobody behind."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
from collections.abc import Iterator, Sequence

import pytest

from queueing import Backoff, JobOptions, JobState, Limit, WorkerOptions
from queueing.adapters.redis import running as adapter
from queueing.domain.message import Incoming
from queueing.domain.ports import JobStore, Park, Verdict
from queueing.domain.reading import JobFilter
from queueing.worker.strays import StrayFinder
from tests.contracts.stores import alive
from tests.eventually import eventually
from tests.worker.engines import BRISK, QUEUE, Engine

TWO = WorkerOptions(concurrency=5, workers=2, heartbeat=0.05, ttl=5.0, grace=5.0, queues=(QUEUE,))


class Meter:
    """Measures in the handler how many run at the same time."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.starts: list[float] = []

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        self.starts.append(asyncio.get_running_loop().time())
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            yield
        finally:
            self.now -= 1


class Claims:
    """Counts what the store answers to claims."""

    def __init__(self, store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = self.limited = 0
        claim = store.claim

        async def counted(messages: Sequence[Incoming], *, worker: str) -> list[Verdict]:
            verdicts = await claim(messages, worker=worker)
            self.asked += len(verdicts)
            self.limited += sum(isinstance(verdict, Park) and verdict.reason == "limited" for verdict in verdicts)
            return verdicts

        monkeypatch.setattr(store, "claim", counted)


async def all_done(engine: Engine, count: int, *, timeout: float = 30.0) -> None:
    async def reached() -> bool:
        counts = await engine.cluster.inspector.counts()
        return counts[JobState.SUCCEEDED] == count

    await eventually(reached, timeout=timeout, message=f"{count} jobs to succeed")


async def test_two_workers_together_never_run_more_than_the_limit(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter, claims = Meter(), Claims(engine.cluster.store, monkeypatch)

    async def charge() -> None:
        with meter():
            await asyncio.sleep(0.1)

    engine.handle("charge", charge, limit=Limit(concurrent=3))
    await engine.cluster.producer.add_many(QUEUE, "charge", [None] * 200)
    async with engine.working(TWO):
        await all_done(engine, 200)
    assert meter.most == 3
    took = meter.starts[-1] - meter.starts[0]
    ideal = 200 / 3 * 0.1
    assert took < 3 * ideal, f"{took:.2f} s, and {ideal:.2f} s would be the best"
    # Once to hear that it has to wait, once to run.
    assert claims.asked <= 2.2 * 200 and claims.limited <= 200


async def test_a_queues_limit_holds_for_all_its_types(engine: Engine) -> None:
    meter = Meter()

    async def work() -> None:
        with meter():
            await asyncio.sleep(0.02)

    for name in ("ship", "wrap"):
        engine.handle(name, work)
    worker = engine.cluster.worker(TWO)
    worker._limits[QUEUE] = Limit(concurrent=2)
    for name in ("ship", "wrap"):
        await engine.cluster.producer.add_many(QUEUE, name, [None] * 20)
    task = asyncio.create_task(worker.run())
    await all_done(engine, 40)
    worker.stop()
    await task
    assert meter.most == 2


async def test_other_types_run_past_those_that_wait_for_a_limit(engine: Engine) -> None:
    release = asyncio.Event()

    async def charge() -> None:
        await release.wait()

    engine.handle("charge", charge, limit=Limit(concurrent=1))
    engine.handle("touch", lambda: None)
    await engine.cluster.producer.add_many(QUEUE, "charge", [None] * 30)
    async with engine.working():
        await engine.becomes(await engine.add("touch"), JobState.SUCCEEDED)
        release.set()
        await all_done(engine, 31)


async def test_a_rate_spreads_the_starts_and_none_is_lost(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    meter, claims = Meter(), Claims(engine.cluster.store, monkeypatch)

    async def call() -> None:
        with meter():
            pass

    engine.handle("call", call, limit=Limit(rate=20, per=1))
    await engine.cluster.producer.add_many(QUEUE, "call", [None] * 50)
    async with engine.working(TWO):
        await all_done(engine, 50)
    took = meter.starts[-1] - meter.starts[0]
    assert 2.2 < took < 4, took
    # The rate, the burst, and what a quarter of a second holds: a turn is taken up that much late at most.
    assert most_in_a_second(meter.starts) <= 20 + 1 + math.ceil(20 * 0.3)
    # To hear that it has to wait, on its way home by the steps of the ladder, and to run.
    assert claims.asked <= 6 * 50


def most_in_a_second(starts: list[float]) -> int:
    return max(sum(first <= start < first + 1 for start in starts) for first in starts)


async def test_retries_count_and_wait_their_turn(engine: Engine) -> None:
    runs = itertools.count(1)

    async def flaky() -> None:
        if next(runs) <= 3:
            raise ConnectionError("not yet")

    engine.handle("flaky", flaky, limit=Limit(rate=4, per=1))
    async with engine.working():
        job_id = await engine.add("flaky", None, JobOptions(max_attempts=5, backoff=Backoff.fixed(0)))
        done = await engine.becomes(job_id, JobState.SUCCEEDED)
    # By the store, which lets them start: a handler begins later by as much as its process is busy.
    starts = [attempt.started_at for attempt in done.attempts]
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(starts)]
    assert len(gaps) == 3 and min(gaps) > 0.2


async def test_the_slot_of_a_worker_that_died_falls_free_when_its_job_is_claimed_anew(engine: Engine) -> None:
    engine.handle("charge", lambda: None, limit=Limit(concurrent=1))
    cluster = engine.cluster
    await alive(cluster.store, "ghost")
    held = await engine.job(await engine.add("charge"))
    await cluster.store.claim([Incoming(spec=held.spec, epoch=1, attempt=0)], worker="ghost")
    others = [await engine.add("charge") for _ in range(3)]
    async with engine.working():

        async def waiting() -> bool:
            return all([(await engine.job(job_id)).limited_by == "type" for job_id in others])

        await eventually(waiting)
        await cluster.store.forget_worker("ghost")
        await all_done(engine, 4, timeout=20)


async def test_an_emptied_store_loses_none_of_those_in_line(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "IN_LINE", 1.0)  # seconds; else this test would wait for five minutes
    begun, release = asyncio.Event(), asyncio.Event()
    ran: set[int] = set()

    async def charge(number: int) -> None:
        ran.add(number)
        begun.set()
        await release.wait()

    engine.handle("charge", charge, limit=Limit(concurrent=1))
    ids = await engine.cluster.producer.add_many(QUEUE, "charge", [{"number": n} for n in range(20)])
    async with engine.working():
        await asyncio.wait_for(begun.wait(), 5)

        async def waiting() -> bool:
            rows = await engine.cluster.store.summaries(ids)
            return sum(row is not None and row.limited_by == "type" for row in rows) == 19

        await eventually(waiting)
        await forget_everything(engine)
        release.set()
        await eventually(lambda: len(ran) == 20, timeout=20)


async def forget_everything(engine: Engine) -> None:
    """As a Redis that was emptied; other tests share this one."""
    connection = engine.cluster.store._connection  # type: ignore[attr-defined]
    keys = [key async for key in connection.client.scan_iter(match=f"{connection.keys.base}*", count=1000)]
    await connection.client.unlink(*keys)


async def test_jobs_in_line_are_not_taken_for_strays(engine: Engine) -> None:
    release = asyncio.Event()

    async def charge() -> None:
        await release.wait()

    engine.handle("charge", charge, limit=Limit(concurrent=1))
    engine.handle("call", lambda: None, limit=Limit(rate=1, per=3600))
    cluster = engine.cluster
    await cluster.producer.add_many(QUEUE, "charge", [None] * 5)
    await cluster.producer.add_many(QUEUE, "call", [None] * 5)
    async with engine.working():

        async def waiting() -> bool:
            page = await cluster.inspector.page(JobFilter(states=(JobState.QUEUED,)))
            return sum(row.limited_by == "type" for row in page.rows) == 8

        await eventually(waiting)
        sent: list[object] = []
        dispatch = cluster.dispatch

        class Watched:
            async def resend(self, refs: Sequence[object]) -> list[Exception | None]:
                sent.extend(refs)
                return await dispatch.resend(refs)  # type: ignore[arg-type]

        await StrayFinder(cluster.broker, cluster.store, Watched(), patience=0).tend()  # type: ignore[arg-type]
        assert sent == []
        release.set()


async def test_the_console_hears_why_a_job_waits(engine: Engine) -> None:
    release = asyncio.Event()

    async def charge() -> None:
        await release.wait()

    engine.handle("charge", charge, limit=Limit(concurrent=1))
    await engine.cluster.producer.add_many(QUEUE, "charge", [None] * 3)
    async with engine.working(BRISK):

        async def places() -> list[int | None]:
            inspector = engine.cluster.inspector
            page = await inspector.page(JobFilter(states=(JobState.QUEUED,)))
            found = [await inspector.situation(row) for row in page.rows if row.limited_by]
            return sorted(around.ahead_in_line or 0 for around in found)

        async def known() -> bool:
            return await places() == [0, 1]

        await eventually(known)
        release.set()
        await all_done(engine, 3)
