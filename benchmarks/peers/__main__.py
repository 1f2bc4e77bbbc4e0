"""One process: ``… MODULE work PROCESSES NUMBER``, ``fill N``, ``enqueue WAY N``, ``feed RATE N`` or ``pace N``."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import logging
import os
import resource
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from benchmarks.workload import PAYLOAD, timed_payload

EACH = 0.02
"""Seconds between two jobs of the latency run: fifty a second."""


async def fill(peer: ModuleType, jobs: int) -> None:
    await called((await called(peer.ways))[peer.quickest], [PAYLOAD] * jobs)


async def enqueue(peer: ModuleType, way: str, jobs: int) -> None:
    add = (await called(peer.ways))[way]
    await called(add, [PAYLOAD] * 100)  # connections, scripts
    before, started = cpu(), time.perf_counter()
    await called(add, [PAYLOAD] * jobs)
    figures = {"rate": jobs / (time.perf_counter() - started), "cpu": (cpu() - before) / jobs * 10_000}
    print(json.dumps(figures), flush=True)


async def feed(peer: ModuleType, rate: int, jobs: int) -> None:
    """So many a second, in twenty calls."""
    add, began, added = (await called(peer.ways))[peer.quickest], time.monotonic(), 0
    while added < jobs:
        some = min(max(rate // 20, 1), jobs - added)
        await called(add, [PAYLOAD] * some)
        added += some
        await asyncio.sleep(max(0.0, began + added / rate - time.monotonic()))


async def pace(peer: ModuleType, jobs: int) -> None:
    add = (await called(peer.ways))["single"]
    for _ in range(jobs):
        began = time.monotonic()
        await called(add, [timed_payload()])
        await asyncio.sleep(max(0.0, EACH - (time.monotonic() - began)))


async def called(function: Callable[..., Any], *args: Any) -> Any:
    found = function(*args)
    return await found if inspect.isawaitable(found) else found


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(module: str, what: str, *rest: str) -> None:
    logging.disable(logging.INFO)
    peer = importlib.import_module(f"benchmarks.peers.{module}")
    run = getattr(peer, "run", asyncio.run)
    match what, rest:
        case "work", [processes, number]:
            if hasattr(peer, "command"):
                command = peer.command(int(processes), int(number))
                os.execv(command[0], command)
            peer.work()
        case "fill", [jobs]:
            run(fill(peer, int(jobs)))
        case "enqueue", [way, jobs]:
            run(enqueue(peer, way, int(jobs)))
        case "feed", [rate, jobs]:
            run(feed(peer, int(rate), int(jobs)))
        case "pace", [jobs]:
            run(pace(peer, int(jobs)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
