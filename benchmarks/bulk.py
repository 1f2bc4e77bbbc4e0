"""A bulk retry from the console: ``python -m benchmarks.bulk --jobs 100000``.

So many jobs have failed, and all that match are retried. One JSON line: how long it took to freeze the set, how many
were retried a second once a worker ran the operation, and the milliseconds that somebody else's list of jobs took
meanwhile (median, 95th percentile), beside those before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.viewers import fetch
from benchmarks.watching import SESSION
from benchmarks.workload import AMQP_URL
from tests.acceptance.graves import dig
from tests.acceptance.project import Project
from tests.chaos.test_operations_survive import CONFIRM, standing
from tests.places import own_prefix
from tests.servers import private

PAUSE = 0.2
"""Seconds between two looks of somebody else."""


async def look(url: str, cookie: str, until: asyncio.Event) -> list[float]:
    found = []
    while not until.is_set():
        began = time.perf_counter()
        await asyncio.to_thread(fetch, f"{url}/jobs?state=failed", cookie)
        found.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(PAUSE)
    return sorted(found)


async def run(project: Project, jobs: int) -> dict[str, float]:
    await dig(project.cluster, jobs)
    cookie = (await project.manage("shell", "--verbosity", "0", "-c", SESSION)).strip().splitlines()[-1]
    async with project.console() as console:
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(6, over.set)
        before = await look(console.url, cookie, over)
        began = time.perf_counter()
        await project.manage("shell", "--verbosity", "0", "-c", CONFIRM % 0)
        frozen = time.perf_counter() - began
        async with project.workers("--queues", "leveret-operations"):
            over = asyncio.Event()
            looking = asyncio.create_task(look(console.url, cookie, over))
            first = await reaching(project, jobs // 20)
            began = time.perf_counter()
            await reaching(project, jobs)
            seconds = time.perf_counter() - began
            over.set()
            during = await looking
    return {
        "jobs": jobs,
        "frozen_in_s": frozen,
        "rate": (jobs - first) / seconds,
        "others_p50_before": statistics.median(before),
        "others_p95_before": before[len(before) * 95 // 100],
        "others_p50_during": statistics.median(during),
        "others_p95_during": during[len(during) * 95 // 100],
    }


async def reaching(project: Project, count: int) -> int:
    while (done := standing(project).done) < count:
        await asyncio.sleep(0.05)
    return done


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    given = parser.parse_args()
    with private.redis() as server, TemporaryDirectory(prefix="bench-") as folder:
        async with own_prefix(AMQP_URL, server.url, "parcels", "leveret-operations") as prefix:
            project = Project(Path(folder), amqp_url=AMQP_URL, redis_url=server.url, prefix=prefix)
            await project.cluster.open()
            figures = await run(project, given.jobs)
            await project.cluster.close()
    print(json.dumps({name: round(value, 1) for name, value in figures.items()}))


if __name__ == "__main__":
    asyncio.run(main())
