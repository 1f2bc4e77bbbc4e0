"""taskiq on aio-pika, results in Redis."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from typing import Any

from taskiq_aio_pika import AioPikaBroker
from taskiq_aio_pika.exchange import Exchange
from taskiq_aio_pika.queue import Queue
from taskiq_redis import RedisAsyncResultBackend

from benchmarks.workload import AMQP_URL, QUEUE, REDIS_URL, handle

broker = AioPikaBroker(
    AMQP_URL,
    qos=200,
    exchange=Exchange(name=QUEUE),
    task_queues=[Queue(name=QUEUE, routing_key=QUEUE)],
    dead_letter_queue=Queue(name=f"{QUEUE}.dead_letter"),
    delay_queue=Queue(name=f"{QUEUE}.delay"),
).with_result_backend(RedisAsyncResultBackend(REDIS_URL))

quickest = "concurrent"


@broker.task(task_name="noop")
async def noop(payload: dict[str, Any]) -> None:
    handle(payload)


async def ways() -> dict[str, Any]:
    await broker.startup()

    async def single(payloads: Iterable[Any]) -> None:
        for payload in payloads:
            await noop.kiq(payload)

    async def concurrent(payloads: Iterable[Any]) -> None:
        shared = iter(payloads)
        await asyncio.gather(*(single(shared) for _ in range(100)))

    return {"single": single, "concurrent": concurrent}


def command(processes: int, number: int) -> list[str]:
    base = [sys.executable, "-m", "taskiq", "worker", "benchmarks.peers.taskiq:broker", "--log-level", "ERROR"]
    return [*base, "--workers", str(processes), "--max-async-tasks", "200", "--ack-type", "when_saved"]
