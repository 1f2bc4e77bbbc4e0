"""Ours, with all that a worker of ``runworkers`` does: heartbeats, the leader's chores, figures, captured logs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable
from typing import Any

import uvloop

from benchmarks.workload import AMQP_URL, QUEUE, REDIS_URL, VARIANT, handle
from queueing import Queue, WorkerOptions
from queueing.conf import ClusterConfig
from queueing.domain.registry import Registry
from queueing.runtime import Cluster
from queueing.worker import capture, collecting

quickest = "many"
run = uvloop.run


async def connect() -> Queue:
    config = ClusterConfig(
        amqp_url=AMQP_URL,
        redis_url=REDIS_URL,
        prefix=QUEUE,
        fast_lane=VARIANT.startswith("fast"),
        queue_type="classic" if VARIANT == "classic" else "quorum",
    )
    queue = Queue(QUEUE, Cluster(config, types=Registry()))
    await queue.cluster.open()
    return queue


async def noop(payload: dict[str, Any]) -> None:
    handle(payload)


def sync_noop(payload: dict[str, Any]) -> None:
    handle(payload)


async def ways() -> dict[str, Any]:
    queue = await connect()

    async def single(payloads: Iterable[Any]) -> None:
        for payload in payloads:
            await queue.add("noop", payload)

    async def concurrent(payloads: Iterable[Any]) -> None:
        shared = iter(payloads)
        await asyncio.gather(*(single(shared) for _ in range(100)))

    async def many(payloads: Iterable[Any]) -> None:
        await queue.add_many("noop", payloads)

    return {"single": single, "concurrent": concurrent, "many": many}


def work() -> None:
    uvloop.run(_work())


async def _work() -> None:
    threaded = VARIANT.endswith("sync")
    capture.install()
    queue = await connect()
    worker = queue.create_worker(WorkerOptions(concurrency=8 if threaded else 100))
    worker.register("noop", sync_noop if threaded else noop)
    collecting.settle_down()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    await worker.run()
    await queue.close()
