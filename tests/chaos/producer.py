"""``python -m tests.chaos.producer SETUP JOBS RATE SECONDS``: adds jobs, and writes down each id that it got back.

What is added is mixed: one at a time and many at once, now and later, async and in threads, some that fail once.
While the store is away a call raises, so its job does not count; it is tried again until all are added.
"""

from __future__ import annotations

import asyncio
import sys
import time

from queueing.errors import LeveretError
from queueing.producer import Producer
from queueing.runtime import Cluster
from tests.chaos.handlers import registry
from tests.chaos.ledger import ADDED, Pen
from tests.chaos.setup import QUEUE, given

CHUNK = 20
AGAIN = 0.1
TYPES = ("step", "step", "step", "step_in_a_thread", "stumble")
DELAY = 1.5


async def main(jobs: int, rate: float, seconds: float) -> None:
    """``rate`` is in jobs a second; 0: as fast as it goes."""
    setup = given()
    pen = Pen(setup.path)
    cluster = Cluster(setup.cluster, types=registry(pen))
    began, added, number = time.monotonic(), 0, 0
    while added < jobs:
        count = min(CHUNK, jobs - added)
        try:
            ids = await chunk(cluster.producer, number, count, seconds)
        except LeveretError as failure:
            print(f"Not added, to be tried again: {failure}", flush=True)
            await asyncio.sleep(AGAIN)
            continue
        for job in ids:
            pen.write(ADDED, job)
        added, number = added + len(ids), number + 1
        if rate:
            await asyncio.sleep(max(0.0, began + added / rate - time.monotonic()))
    await cluster.close()


async def chunk(producer: Producer, number: int, count: int, seconds: float) -> list[str]:
    type_ = TYPES[number % len(TYPES)]
    options = {"delay": DELAY} if number % 7 == 3 else None
    payload = {"seconds": seconds}
    if number % 2:
        return await producer.add_many(QUEUE, type_, [payload] * count, options)
    answers = await asyncio.gather(
        *(producer.add(QUEUE, type_, payload, options) for _ in range(count)), return_exceptions=True
    )
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, LeveretError):
            raise answer
    found = [answer for answer in answers if isinstance(answer, str)]
    if not found:
        raise next(answer for answer in answers if isinstance(answer, LeveretError))
    return found


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))
