"""What is looked at while the soak runs."""

from __future__ import annotations

import asyncio

import msgspec
import psutil
import redis.asyncio

from tests.servers.rabbitmq import PrivateRabbitMQ


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    seconds: float
    """Since the start of the load."""
    added: int
    """Jobs that ``add_many`` has returned."""
    waiting: int
    rss: int
    """Bytes, of ``runworkers`` and its children."""
    connections: int
    channels: int
    queues: int
    keys: int
    redis_memory: int
    """Bytes."""
    redis_clients: int


async def broker(server: PrivateRabbitMQ) -> tuple[int, int, int]:
    """Connections, channels and queues of the node."""
    told = await asyncio.to_thread(
        server.ctl,
        "eval",
        "[length(rabbit_networking:connections()), length(rabbit_channel:list()), rabbit_amqqueue:count()].",
    )
    connections, channels, queues = (int(number) for number in told.strip().strip("[]").split(","))
    return connections, channels, queues


async def store(client: redis.asyncio.Redis) -> tuple[int, int, int]:
    """Keys, bytes and clients of the server."""
    info = await client.info()
    return await client.dbsize(), info["used_memory"], info["connected_clients"]


def rss(pid: int) -> int:
    """Bytes that a process and its children hold."""
    process = psutil.Process(pid)
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))
