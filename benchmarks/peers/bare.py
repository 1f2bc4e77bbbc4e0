"""The least that a worker with a record of each step must do: consume, note the start, note the end, ack.

As it is done by hand (aio-pika and redis-py, a call a step); the same with what is concurrent in one call
(``batched``); and that with deliveries taken off the wire (``tapped``). It keeps no promise: no claim, no lost worker,
no index.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import aio_pika
import uvloop
from redis.asyncio import Redis

from benchmarks.workload import AMQP_URL, QUEUE, REDIS_URL, VARIANT, handle
from queueing.adapters.rabbitmq import RabbitBroker
from queueing.adapters.redis.driver import open_pool
from queueing.coalesce import Coalescer
from queueing.domain.ports import Delivery, Destination, Outgoing

quickest = "many"
run = uvloop.run
AT_A_TIME = 100
WRITE = "for i = 2, #ARGV do redis.call('HSET', 'job:' .. ARGV[i], 's', ARGV[1]) end"
DONE = "done"


async def ways() -> dict[str, Any]:
    redis = Redis.from_pool(open_pool(REDIS_URL, 5))
    broker = RabbitBroker(AMQP_URL, prefix=QUEUE)
    await broker.connect()
    await broker.declare(QUEUE)
    numbers = iter(range(1 << 62))

    def messages(payloads: Sequence[Any]) -> list[Outgoing]:
        return [
            Outgoing(
                queue=QUEUE,
                type="noop",
                body=json.dumps(payload).encode(),
                headers={},
                message_id=f"{next(numbers):032}",
                destination=Destination.MAIN,
            )
            for payload in payloads
        ]

    async def single(payloads: Sequence[Any]) -> None:
        for message in messages(payloads):
            await redis.hset(f"job:{message.message_id}", mapping={"s": "queued", "y": message.body})
            await broker.publish([message])

    async def many(payloads: Sequence[Any]) -> None:
        for start in range(0, len(payloads), 500):
            batch = messages(payloads[start : start + 500])
            pipe = redis.pipeline(transaction=False)
            for message in batch:
                pipe.hset(f"job:{message.message_id}", mapping={"s": "queued", "y": message.body})
            await pipe.execute()
            await broker.publish(batch)

    return {"single": single, "many": many}


def work() -> None:
    uvloop.run(_batched() if VARIANT else _one_by_one())


async def _one_by_one() -> None:
    redis = Redis.from_url(REDIS_URL)
    connection = await aio_pika.connect(AMQP_URL)
    channel = await connection.channel()
    await channel.set_qos(AT_A_TIME)

    async def each(message: Any) -> None:
        await redis.hset(f"job:{message.message_id}", "s", "running")
        handle(json.loads(message.body))
        await redis.hset(f"job:{message.message_id}", "s", "succeeded")
        await redis.incr(DONE)
        await message.ack()

    await (await channel.get_queue(f"{QUEUE}.{QUEUE}")).consume(each)
    await asyncio.Event().wait()


async def _batched() -> None:
    redis = Redis.from_pool(open_pool(REDIS_URL, 5))
    broker = RabbitBroker(AMQP_URL, prefix=QUEUE, fast_lane=VARIANT == "tapped")
    await broker.connect()

    async def begin(ids: Sequence[str]) -> list[None]:
        await redis.execute_command("EVAL", WRITE, 0, "running", *ids)
        return [None] * len(ids)

    async def end(deliveries: Sequence[Delivery]) -> list[None]:
        ids = [delivery.message_id or "" for delivery in deliveries]
        pipe = redis.pipeline(transaction=False)
        pipe.execute_command("EVAL", WRITE, 0, "succeeded", *ids)
        pipe.incrby(DONE, len(ids))
        await pipe.execute()
        return [await delivery.ack() for delivery in deliveries]

    begun: Coalescer[str, None] = Coalescer(begin)
    ended: Coalescer[Delivery, None] = Coalescer(end)
    tasks = set[asyncio.Task[None]]()

    async def each(delivery: Delivery) -> None:
        await begun(delivery.message_id or "")
        handle(json.loads(delivery.body))
        await ended(delivery)

    def arrived(delivery: Delivery) -> None:
        task = asyncio.create_task(each(delivery))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    await broker.consume(QUEUE, prefetch=AT_A_TIME, on_delivery=arrived)
    await asyncio.Event().wait()
