"""All figures from one run: ``make bench``, or ``python -m benchmarks --measures work --peers leveret dramatiq``.

Prints a JSON line a figure, with the least, the median and the most of ``--runs``, and with ``--out`` writes a report.
Runs of peers take turns, so that whatever else the machine does meanwhile meets all alike. Peers that are not installed
are left out. LEVERET_AMQP_URL names the RabbitMQ; a Redis is started.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from benchmarks import driver, report
from benchmarks.peers import PEERS, THREADED, Peer
from benchmarks.report import Line, Machine
from tests.servers.redis import PrivateRedis

MEASURES = ("work", "threads", "enqueue", "latency", "memory")
WAYS = {"single": 0.5, "concurrent": 1.0, "many": 2.0}
"""With the share of the jobs that each adds."""


class Cell(NamedTuple):
    measure: str
    peer: str
    run: Callable[[str], Awaitable[dict[str, float]]]


def cells(measures: list[str], peers: list[str], jobs: int, most: int) -> Iterator[Cell]:
    known = {name: peer for name, peer in PEERS.items() if name in peers and installed(peer)}
    for measure in measures:
        for name, peer in known.items():
            yield from _cells(measure, name, peer, jobs, most)


def _cells(measure: str, name: str, peer: Peer, jobs: int, most: int) -> Iterator[Cell]:
    match measure:
        case "work":
            for number in (number for number in peer.processes if number <= most):
                yield Cell(f"work {number}", name, working(peer, jobs * peer.times, number))
        case "threads" if name in THREADED:
            threaded = THREADED[name]
            yield Cell("threads", name, working(threaded, jobs * threaded.times, 1))
        case "memory" if peer.module == "leveret" and peer.processes:
            for times in (1, 10):
                yield Cell(f"memory {jobs * peer.times * times}", name, working(peer, jobs * peer.times * times, 1))
        case "enqueue" if peer.module != "bare" or not peer.variant:
            for way in peer.ways:
                yield Cell(f"enqueue {way}", name, enqueueing(peer, max(100, int(jobs * WAYS[way])), way))
        case "latency" if peer.module != "bare" and name != "celery, prefork":
            yield Cell("latency", name, lambda url: driver.latency(peer, url, jobs=max(20, jobs // 5)))


def working(peer: Peer, jobs: int, processes: int) -> Callable[[str], Awaitable[dict[str, float]]]:
    return lambda url: driver.work(peer, url, jobs=jobs, processes=processes)


def enqueueing(peer: Peer, jobs: int, way: str) -> Callable[[str], Awaitable[dict[str, float]]]:
    return lambda url: driver.enqueue(peer, url, jobs=jobs, way=way)


def installed(peer: Peer) -> bool:
    try:
        importlib.metadata.version(peer.package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


async def measured(plan: list[Cell], runs: int, tell: Callable[[list[Line]], None]) -> None:
    """Told after each run, so that one that is cut short has figures too."""
    found: dict[tuple[str, str, str], list[float]] = {}
    server = PrivateRedis()
    server.start()
    try:
        for _ in range(runs):
            for cell in plan:
                for figure, value in (await figures(cell, server.url)).items():
                    found.setdefault((cell.measure, cell.peer, figure), []).append(value)
                print(f"{time.strftime('%X')} {cell.measure}, {cell.peer}", file=sys.stderr, flush=True)
            tell([_line(key, values) for key, values in found.items()])
    finally:
        server.close()


async def figures(cell: Cell, redis_url: str) -> dict[str, float]:
    """None of a peer that does not come to its end: some lose a job now and then. Ours may not."""
    try:
        return await cell.run(redis_url)
    except driver.Stuck as stuck:
        if PEERS[cell.peer].module == "leveret":
            raise
        print(f"{cell.measure}, {cell.peer}: {stuck}; without this run", file=sys.stderr, flush=True)
        return {}


def _line(key: tuple[str, str, str], values: list[float]) -> Line:
    return Line(*key, least=min(values), median=statistics.median(values), most=max(values), runs=len(values))


def machine(before: float) -> Machine:
    told = _lines("/proc/cpuinfo")
    model = next((line.split(":")[1].strip() for line in told if line.startswith("model name")), "unknown")
    git = subprocess.run(["git", "describe", "--always"], capture_output=True, text=True, check=False)
    packages = sorted({peer.package for peer in PEERS.values() if installed(peer)} | {"redis", "uvloop", "hiredis"})
    return Machine(
        at=time.strftime("%Y-%m-%d"),
        commit=git.stdout.strip(),
        cpu=model,
        cores=os.cpu_count() or 0,
        load_before=before,
        load_after=os.getloadavg()[0],
        python=sys.version.split()[0],
        packages={name: importlib.metadata.version(name) for name in packages},
    )


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2_500, help="for one of the slowest; others get more")
    parser.add_argument("--measures", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--processes", type=int, choices=(1, 2), default=2, help="workers at most")
    parser.add_argument("--out", type=Path, help="the report; RESULTS.jsonl is written beside it")
    parser.add_argument("--add", action="store_true", help="to what that report has of other measures")
    given: Any = parser.parse_args()
    before, kept = os.getloadavg()[0], list[Line]()
    if given.add:
        earlier, kept = report.read(given.out)
        before = earlier.load_before
    lines: list[Line] = []

    def tell(found: list[Line]) -> None:
        new = {line.measure for line in found}
        lines[:] = [line for line in kept if line.measure not in new] + found
        if given.out:
            report.write(given.out, machine(before), lines)

    asyncio.run(measured(list(cells(given.measures, given.peers, given.jobs, given.processes)), given.runs, tell))
    for each in lines:
        print(json.dumps(msgspec.to_builtins(each)), flush=True)


if __name__ == "__main__":
    main()
