"""``python -m tests.chaos.nursery SETUP``: forks a process for each order that it reads, its modules loaded already.

An order is a line of JSON; it answers with the process's id, and when that has ended with its exit status.
"""

from __future__ import annotations

import asyncio
import os
import sys
import traceback

import msgspec

from queueing.runtime import Cluster
from queueing.worker import logs, process
from queueing.worker.worker import Worker
from tests.chaos import deadly
from tests.chaos.failpoint import VARIABLE
from tests.chaos.handlers import OPTIONS, registry
from tests.chaos.hurry import hurry
from tests.chaos.ledger import ADDED, Pen
from tests.chaos.setup import Setup, given


class Order(msgspec.Struct, kw_only=True):
    role: str
    """worker or producer."""
    setup: Setup
    failpoint: str | None = None
    """As the environment carries it."""
    jobs: int = 0
    seconds: float = 0.0


LOADED = deadly
"""The engines are imported by their dotted paths, which would be half a second in each fork."""


def main() -> None:
    own = given()
    logs.configure(as_json=False, level="INFO")
    for line in sys.stdin:
        order = msgspec.json.decode(line, type=Order)
        child = os.fork()
        if child == 0:
            os._exit(
                live(msgspec.structs.replace(order, setup=msgspec.structs.replace(order.setup, lifeline=own.lifeline)))
            )
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def live(order: Order) -> int:
    if order.failpoint is not None:
        os.environ[VARIABLE] = order.failpoint
    try:
        return work(order.setup) if order.role == "worker" else asyncio.run(produce(order))
    except BaseException:
        traceback.print_exc()
        return 1


def work(setup: Setup) -> int:
    if setup.patience is not None:
        hurry(setup.patience)

    def prepare() -> Worker:
        return Cluster(setup.cluster, types=registry(Pen(setup.path))).worker(setup.options)

    return process.run(prepare, lifeline=setup.lifeline)


async def produce(order: Order) -> int:
    pen = Pen(order.setup.path)
    cluster = Cluster(order.setup.cluster, types=registry(pen))
    queue = order.setup.queues[0]
    for _ in range(order.jobs):
        pen.write(ADDED, await cluster.producer.add(queue, "step", {"seconds": order.seconds}, OPTIONS))
    for job in await cluster.producer.add_many(queue, "step", [{"seconds": order.seconds}] * order.jobs, OPTIONS):
        pen.write(ADDED, job)
    await cluster.close()
    return 0


if __name__ == "__main__":
    main()
