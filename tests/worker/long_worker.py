"""A worker process to be killed: ``python -m tests.worker.long_worker <amqp url> <redis url> <prefix> <file>``.

Its one handler makes the file, and then runs longer than any test.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import msgspec

from queueing.conf import ClusterConfig
from tests.worker.engines import BRISK, Engine


async def main(amqp_url: str, redis_url: str, prefix: str, file: str) -> None:
    engine = Engine(ClusterConfig(amqp_url=amqp_url, redis_url=redis_url, prefix=prefix))
    await engine.cluster.open()

    def long() -> None:
        Path(file).touch()
        time.sleep(600)

    engine.handle("long", long)
    options = msgspec.structs.replace(BRISK, heartbeat=0.2, ttl=2.0, park_after=1.0)
    await engine.cluster.worker(options).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
