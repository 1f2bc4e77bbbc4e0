"""FastStream on RabbitMQ. It keeps no results, so its handler does, before the message is acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from faststream import AckPolicy, FastStream
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage, RabbitQueue
from redis.asyncio import Redis

from benchmarks.workload import AMQP_URL, QUEUE, REDIS_URL, handle

broker = RabbitBroker(AMQP_URL, default_channel=Channel(prefetch_count=200), logger=None)
queue = RabbitQueue(QUEUE, durable=True)
redis = Redis.from_url(REDIS_URL)

quickest = "concurrent"


@broker.subscriber(queue, ack_policy=AckPolicy.NACK_ON_ERROR)
async def noop(payload: dict[str, Any], message: RabbitMessage) -> None:
    handle(payload)
    await redis.set(f"{QUEUE}:{message.message_id}", "null", ex=3600)


async def ways() -> dict[str, Any]:
    await broker.connect()
    await broker.declare_queue(queue)

    async def single(payloads: Iterable[Any]) -> None:
        for payload in payloads:
            await broker.publish(payload, queue, persist=True)

    async def concurrent(payloads: Iterable[Any]) -> None:
        shared = iter(payloads)
        await asyncio.gather(*(single(shared) for _ in range(100)))

    return {"single": single, "concurrent": concurrent}


def work() -> None:
    asyncio.run(FastStream(broker, logger=None).run())
