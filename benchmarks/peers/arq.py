"""arq, which needs no broker: its queue is Redis too."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

import arq
from arq.connections import RedisSettings

from benchmarks.workload import QUEUE, REDIS_URL, handle

quickest = "concurrent"


async def noop(context: dict[str, Any], payload: dict[str, Any]) -> None:
    handle(payload)


async def ways() -> dict[str, Any]:
    pool = await arq.create_pool(RedisSettings.from_dsn(REDIS_URL), default_queue_name=QUEUE)

    async def single(payloads: Iterable[Any]) -> None:
        for payload in payloads:
            await pool.enqueue_job("noop", payload)

    async def concurrent(payloads: Iterable[Any]) -> None:
        shared = iter(payloads)
        await asyncio.gather(*(single(shared) for _ in range(30)))

    return {"single": single, "concurrent": concurrent}


def work() -> None:
    logging.disable(logging.INFO)
    asyncio.set_event_loop(asyncio.new_event_loop())
    settings = RedisSettings.from_dsn(REDIS_URL)
    arq.Worker([noop], queue_name=QUEUE, redis_settings=settings, max_jobs=100, poll_delay=0.01).run()
