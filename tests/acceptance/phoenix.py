"""A worker that takes one job at a time and is started again whenever it dies, until nothing is left to do.

Forked rather than started anew, thirty times within seconds. A supervisor would wait longer with every crash.
"""

from __future__ import annotations

import asyncio
import os
import sys
from importlib import import_module

from queueing import JobState, Queue, WorkerOptions
from queueing.domain.states import FINISHED
from tests.eventually import eventually


def crash() -> None:
    os._exit(139)


def greet() -> str:
    return "Hello"


async def work(redis_url: str, amqp_url: str, prefix: str) -> None:
    queue = await Queue.connect("post", redis_url=redis_url, amqp_url=amqp_url, prefix=prefix)
    for dead in await queue.cluster.store.workers():
        await queue.cluster.store.forget_worker(dead.id)
    worker = queue.create_worker(WorkerOptions(concurrency=1))
    worker.register("crash", crash)
    worker.register("greet", greet)
    running = asyncio.create_task(worker.run())
    try:

        async def all_over() -> bool:
            counts = await queue.cluster.inspector.counts()
            return not any(counts[state] for state in JobState if state not in FINISHED)

        await eventually(all_over, timeout=60, interval=0.2)
    finally:
        worker.stop()
        await running
        await queue.close()


def main() -> int:
    for engine in ("rabbitmq", "redis"):
        import_module(f"queueing.adapters.{engine}")  # once, rather than in each child
    while True:
        child = os.fork()
        if child == 0:
            asyncio.run(work(*sys.argv[1:]))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != 139:
            return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
