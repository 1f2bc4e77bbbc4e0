"""First figures of the engine on real servers: ``python -m benchmarks.engine``.

Enqueue and no-op throughput of one worker process, and the latency from enqueue to start at rest; one JSON line a
measure with minimum, median and maximum of ``--runs``. LEVERET_AMQP_URL and LEVERET_REDIS_URL name the servers.
Everything lives under a prefix of its own and is deleted afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import resource
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

import uvloop

from queueing import JobState, Queue, WorkerOptions
from tests.places import own_prefix

T = TypeVar("T")

PAYLOAD = {"to": "mira@example.org", "subject": "Your order 4711", "body": "It is on its way and arrives tomorrow." * 2}
QUEUE = "bench"


async def noop(payload: dict[str, Any]) -> None: ...


AMQP_URL = os.environ.get("LEVERET_AMQP_URL", "amqp://guest:guest@localhost/")
REDIS_URL = os.environ.get("LEVERET_REDIS_URL", "redis://localhost/0")


async def enqueue_one_at_a_time(queue: Queue, jobs: int) -> float:
    started = time.perf_counter()
    for _ in range(jobs):
        await queue.add("noop", PAYLOAD)
    return jobs / (time.perf_counter() - started)


async def enqueue_100_concurrently(queue: Queue, jobs: int) -> float:
    started = time.perf_counter()

    async def some() -> None:
        for _ in range(jobs // 100):
            await queue.add("noop", PAYLOAD)

    await asyncio.gather(*(some() for _ in range(100)))
    return jobs / (time.perf_counter() - started)


async def enqueue_many(queue: Queue, jobs: int) -> float:
    started = time.perf_counter()
    await queue.add_many("noop", [PAYLOAD] * jobs)
    return jobs / (time.perf_counter() - started)


async def work(queue: Queue, jobs: int) -> tuple[float, float]:
    """Jobs per second until all results are stored, and CPU seconds per 10,000 of them."""
    await queue.add_many("noop", [PAYLOAD] * jobs)
    worker = queue.create_worker(WorkerOptions(concurrency=100))
    worker.register("noop", noop)
    before, started = _cpu(), time.perf_counter()
    running = asyncio.create_task(worker.run())
    while (await queue.cluster.inspector.counts())[JobState.SUCCEEDED] < jobs:
        await asyncio.sleep(0.02)
    seconds, cpu = time.perf_counter() - started, _cpu() - before
    worker.stop()
    await running
    return jobs / seconds, cpu / jobs * 10_000


async def latency(queue: Queue, jobs: int) -> list[float]:
    """Milliseconds from the call of ``add`` to the start of the handler, at 50 jobs a second."""
    started: dict[str, float] = {}

    async def note(payload: dict[str, Any]) -> None:
        started[payload["n"]] = time.perf_counter()

    worker = queue.create_worker(WorkerOptions(concurrency=10))
    worker.register("note", note)
    running = asyncio.create_task(worker.run())
    await queue.add("note", {"n": "first"})
    added: dict[str, float] = {}
    for n in range(jobs):
        added[str(n)] = time.perf_counter()
        await queue.add("note", {"n": str(n)})
        await asyncio.sleep(0.02)
    while len(started) <= jobs:
        await asyncio.sleep(0.02)
    worker.stop()
    await running
    return [(started[n] - added[n]) * 1000 for n in added]


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def on_a_fresh_queue(measure: Callable[[Queue], Awaitable[T]]) -> T:
    async with own_prefix(AMQP_URL, REDIS_URL, QUEUE) as prefix:
        queue = await Queue.connect(QUEUE, amqp_url=AMQP_URL, redis_url=REDIS_URL, prefix=prefix)
        try:
            return await measure(queue)
        finally:
            await queue.close()


def tell(measure: str, unit: str, values: list[float]) -> None:
    figures = {"min": min(values), "median": statistics.median(values), "max": max(values)}
    rounded = {name: round(value, 2) for name, value in figures.items()}
    print(json.dumps({"measure": measure, "unit": unit, **rounded, "runs": len(values)}))


async def main(runs: int, jobs: int) -> None:
    logging.disable(logging.INFO)
    for measure, count in ((enqueue_one_at_a_time, jobs // 5), (enqueue_100_concurrently, jobs), (enqueue_many, jobs)):
        rates = [await on_a_fresh_queue(partial(measure, jobs=count)) for _ in range(runs)]
        tell(measure.__name__, "jobs/s", rates)
    worked = [await on_a_fresh_queue(partial(work, jobs=jobs)) for _ in range(runs)]
    tell("worker_1_process_noop", "jobs/s", [rate for rate, _ in worked])
    tell("worker_cpu_per_10000", "s", [cpu for _, cpu in worked])
    waits = [sorted(await on_a_fresh_queue(partial(latency, jobs=500))) for _ in range(runs)]
    for share in (50, 99):
        tell(f"enqueue_to_start_p{share}", "ms", [each[len(each) * share // 100] for each in waits])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=10_000)
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.runs, given.jobs))
