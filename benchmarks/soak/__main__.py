"""Half an hour of no-op jobs through ``runworkers`` on servers of its own, and what grew meanwhile.

``python -m benchmarks.soak --jobs 1000000 --minutes 30`` writes one JSON line a sample and ends with 1 where
something grew or a job is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import redis.asyncio

from benchmarks.soak import samples, verdict
from benchmarks.soak.samples import Sample
from queueing.domain.states import JobState
from queueing.worker.endings import end
from tests.acceptance.project import Project, Workers
from tests.eventually import eventually
from tests.servers import private
from tests.servers.rabbitmq import PrivateRabbitMQ
from tests.servers.redis import PrivateRedis

PAYLOAD = {"to": "mira@example.org", "subject": "Your order 4711", "body": "It is on its way." * 4}
RETENTION = 60.0
"""Seconds. Records must come and go during the run, or growth would hide behind them."""
OPTIONS = {"retention": RETENTION}
TICK = 0.5
"""Seconds between two batches of the producer."""


class Soak:
    def __init__(self, project: Project, broker: PrivateRabbitMQ, store: PrivateRedis) -> None:
        self.project, self._broker = project, broker
        self._client = redis.asyncio.from_url(store.url)
        self.samples: list[Sample] = []
        self.added = 0

    async def load(self, jobs: int, seconds: float) -> None:
        """Add ``jobs`` evenly over ``seconds``."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        while self.added < jobs:
            due = min(jobs, round(jobs * (loop.time() - started + TICK) / seconds))
            if due > self.added:
                await self.project.cluster.producer.add_many("soak", "noop", [PAYLOAD] * (due - self.added), OPTIONS)
                self.added = due
            await asyncio.sleep(max(0.0, started + self.added * seconds / jobs - loop.time()))

    async def watch(self, workers: Workers, every: float, out: Path) -> None:
        """Take a sample again and again, until cancelled."""
        started = time.monotonic()
        encoder = msgspec.json.Encoder()
        with out.open("wb", buffering=0) as lines:
            while True:
                await asyncio.sleep(every)
                self.samples.append(await self._sample(time.monotonic() - started, workers.process.pid))
                lines.write(encoder.encode(self.samples[-1]) + b"\n")

    async def _sample(self, seconds: float, pid: int) -> Sample:
        connections, channels, queues = await samples.broker(self._broker)
        keys, memory, clients = await samples.store(self._client)
        counts = await self.project.cluster.inspector.counts()
        return Sample(
            seconds=round(seconds, 1),
            added=self.added,
            waiting=counts[JobState.QUEUED] + counts[JobState.RUNNING],
            rss=samples.rss(pid),
            connections=connections,
            channels=channels,
            queues=queues,
            keys=keys,
            redis_memory=memory,
            redis_clients=clients,
        )

    async def close(self) -> None:
        await self._client.aclose()
        await self.project.cluster.close()


async def soak(given: argparse.Namespace) -> list[str]:
    """Run it; returns what is wrong."""
    with tempfile.TemporaryDirectory() as folder, private.rabbitmq() as broker, private.redis() as store:
        project = Project(Path(folder), amqp_url=broker.url, redis_url=store.url, prefix="soak", apps="benchmarks.soak")
        run = Soak(project, broker, store)
        await project.cluster.open()
        async with project.workers("--workers", str(given.workers), "--concurrency", "20") as workers:
            watch = asyncio.create_task(run.watch(workers, given.every, given.out))
            try:
                await run.load(given.jobs, given.minutes * 60)
            finally:
                await end([watch])
            if workers.process.returncode is not None:
                raise RuntimeError(f"The workers ended:\n{workers.output[-2000:]}")
            wrong = await missing(project, given.jobs)
        await run.close()
        return wrong + verdict.grown(run.samples)


async def missing(project: Project, jobs: int) -> list[str]:
    """Wait until everything is done and trimmed, and count what the records and the metrics know."""

    async def nothing_left() -> bool:
        return not await project.counts()

    await eventually(nothing_left, timeout=RETENTION + 120, interval=1.0, message="all records to be done and gone")
    # The workers write their counts with the next heartbeat.
    totals = 0
    wrong = "{:,} jobs were added, and {:,} are counted as succeeded"

    async def all_counted() -> bool:
        nonlocal totals
        now = datetime.now(UTC)
        minutes = await project.cluster.inspector.throughput(since=now - timedelta(days=1), until=now)
        totals = sum(minute.succeeded for minute in minutes)
        return totals >= jobs

    try:
        await eventually(all_counted, timeout=10, interval=0.5)
    except AssertionError:
        return [wrong.format(jobs, totals)]
    return [] if totals == jobs else [wrong.format(jobs, totals)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--every", type=float, default=15.0, help="seconds between two samples")
    parser.add_argument("--out", type=Path, default=Path("soak.jsonl"))
    given = parser.parse_args()
    logging.disable(logging.INFO)
    wrong = asyncio.run(soak(given))
    for each in wrong:
        print(each, file=sys.stderr)
    print("flat, and nothing is missing" if not wrong else "NOT flat, or not complete")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
