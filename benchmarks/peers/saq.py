"""saq, which needs no broker: its queue is Redis too."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from saq import Queue, Worker

from benchmarks.workload import QUEUE, REDIS_URL, handle

quickest = "concurrent"


async def noop(context: Any, *, payload: dict[str, Any]) -> None:
    handle(payload)


def connect() -> Any:
    # A connection of Redis an operation: with fewer than the slots these would wait for each other.
    return Queue.from_url(REDIS_URL, name=QUEUE, max_concurrent_ops=100)


async def ways() -> dict[str, Any]:
    queue = connect()
    await queue.connect()

    async def single(payloads: Iterable[Any]) -> None:
        for payload in payloads:
            await queue.enqueue("noop", payload=payload)

    async def concurrent(payloads: Iterable[Any]) -> None:
        shared = iter(payloads)
        await asyncio.gather(*(single(shared) for _ in range(30)))

    return {"single": single, "concurrent": concurrent}


def work() -> None:
    logging.disable(logging.INFO)
    asyncio.run(_work())


async def _work() -> None:
    queue = connect()
    await queue.connect()
    await Worker(queue, functions=[noop], concurrency=100).start()
