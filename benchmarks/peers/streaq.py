"""streaQ, which needs no broker: its queue is a stream of Redis."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from streaq import Worker

from benchmarks.workload import QUEUE, REDIS_URL, handle

worker = Worker(redis_url=REDIS_URL, queue_name=QUEUE, concurrency=100)

quickest = "many"


@worker.task
async def noop(payload: dict[str, Any]) -> None:
    handle(payload)


async def ways() -> dict[str, Any]:
    await worker.__aenter__()  # for as long as this process is

    async def single(payloads: Iterable[Any]) -> None:
        for payload in payloads:
            await noop.enqueue(payload)

    async def concurrent(payloads: Iterable[Any]) -> None:
        shared = iter(payloads)
        await asyncio.gather(*(single(shared) for _ in range(30)))

    async def many(payloads: Iterable[Any]) -> None:
        remaining = list(payloads)
        while remaining:
            await worker.enqueue_many([noop.enqueue(payload) for payload in remaining[:500]])
            del remaining[:500]

    return {"single": single, "concurrent": concurrent, "many": many}


def work() -> None:
    logging.disable(logging.INFO)
    worker.run_sync()
