"""Runs one measure of one peer: processes of its own, a Redis of its own, queues that are deleted afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiormq
import psutil
from redis.asyncio import Redis

from benchmarks.peers import Peer
from benchmarks.workload import AMQP_URL
from tests.contracts.brokers import take_away

ROOT = Path(__file__).resolve().parent.parent
TICK = 0.01
PATIENCE = 120.0
"""Seconds until a run that does not come to its end is given up."""
WARM_UP = 0.1
"""Part of the jobs after which a worker's time begins: what its start costs is another matter."""


class Stuck(Exception):
    pass


class Scene:
    """One peer on a fresh Redis."""

    def __init__(self, peer: Peer, redis_url: str, folder: Path) -> None:
        self.name = f"bench-{secrets.token_hex(4)}"
        self._peer, self._folder = peer, folder
        self._environment = {
            **os.environ,
            "BENCH_REDIS_URL": redis_url,
            "BENCH_QUEUE": self.name,
            "BENCH_VARIANT": peer.variant,
            "BENCH_TOLD": str(self.told),
            "PYTHONWARNINGS": "ignore",
        }

    @property
    def told(self) -> Path:
        return self._folder / "waits"

    def call(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "benchmarks.peers", self._peer.module, *arguments]
        done = subprocess.run(command, env=self._environment, cwd=ROOT, check=True, stdout=-1, timeout=PATIENCE)
        return done.stdout.decode()

    @contextmanager
    def workers(self, processes: int) -> Iterator[list[psutil.Process]]:
        base = [sys.executable, "-m", "benchmarks.peers", self._peer.module, "work", str(processes)]
        commands = [[*base, str(number)] for number in range(1 if self._peer.forks else processes)]
        log = (self._folder / "log").open("ab")
        started = [subprocess.Popen(each, env=self._environment, cwd=ROOT, stdout=log, stderr=log) for each in commands]
        try:
            yield [psutil.Process(each.pid) for each in started]
        finally:
            # How they end is not measured, and some take long.
            for each in started:
                _kill(each.pid)
                each.wait()
            log.close()

    async def done(self, redis: Redis, jobs: int) -> int:
        # Of a peer's module only what needs no import of the peer itself runs here.
        module = self._peer.module
        if module == "leveret":
            return int(await redis.zcard(f"{{{self.name}}}:lane:{self.name}:noop:succeeded"))
        if module == "bare":
            return int(await redis.get("done") or 0)
        if module == "arq":
            return jobs - int(await redis.zcard(self.name))
        if module == "saq":
            return jobs - int(await redis.zcard(f"saq:{self.name}:incomplete"))
        if module == "streaq":
            return int(await redis.zcard(f"streaq:{self.name}:index:results"))
        return int(await redis.dbsize())

    async def close(self, redis: Redis) -> None:
        await redis.flushdb()
        await take_away(AMQP_URL, self.name, self.name, "leveret-operations")
        async with aiormq.connect(AMQP_URL) as connection:
            channel = await connection.channel(publisher_confirms=False)
            for queue in (self.name, *(f"{self.name}.{end}" for end in ("DQ", "XQ", "dead_letter", "delay"))):
                await channel.queue_delete(queue)
            await channel.exchange_delete(self.name)


def _kill(pid: int) -> None:
    for each in _tree([psutil.Process(pid)]):
        each.kill()


def _tree(roots: Sequence[psutil.Process]) -> list[psutil.Process]:
    return [each for root in roots for each in (root, *root.children(recursive=True))]


def _cpu(roots: Sequence[psutil.Process]) -> float:
    spent = [each.cpu_times() for each in _tree(roots)]
    return sum(each.user + each.system for each in spent)


async def work(peer: Peer, redis_url: str, *, jobs: int, processes: int) -> dict[str, float]:
    """Jobs a second from the first tenth to the last stored result, and CPU seconds of the workers for 10,000."""
    async with scene_of(peer, redis_url) as (scene, redis):
        await asyncio.to_thread(scene.call, "fill", str(jobs))
        with scene.workers(processes) as workers:
            first = await until(scene, redis, jobs, int(jobs * WARM_UP))
            began, spent, asked = time.perf_counter(), _cpu(workers), await _redis_cpu(redis)
            last = await until(scene, redis, jobs, jobs)
            seconds, spent = time.perf_counter() - began, _cpu(workers) - spent
            asked = await _redis_cpu(redis) - asked
            resident = sum(each.memory_info().rss for each in _tree(workers))
        counted = last - first
        if not counted:
            raise Stuck(f"all {jobs} jobs were done before the first look: more are needed to tell how fast they go")
        return {
            "rate": counted / seconds,
            "cpu": spent / counted * 10_000,
            "redis_cpu": asked / counted * 10_000,
            "rss": resident / 1e6,
        }


async def enqueue(peer: Peer, redis_url: str, *, jobs: int, way: str) -> dict[str, float]:
    async with scene_of(peer, redis_url) as (scene, _):
        found: dict[str, float] = json.loads(await asyncio.to_thread(scene.call, "enqueue", way, str(jobs)))
        return found


async def latency(peer: Peer, redis_url: str, *, jobs: int) -> dict[str, float]:
    """Milliseconds from the call that enqueues to the start of the handler, at fifty jobs a second."""
    async with scene_of(peer, redis_url) as (scene, redis):
        await asyncio.to_thread(scene.call, "fill", "20")
        with scene.workers(1):
            await until(scene, redis, 20, 20)
            await asyncio.to_thread(scene.call, "pace", str(jobs))
            give_up = time.monotonic() + PATIENCE
            while len(waits := _waits(scene.told)) < jobs:
                if time.monotonic() > give_up:
                    raise Stuck(f"{len(waits)} of {jobs} jobs have run")
                await asyncio.sleep(TICK)
        return {"p50": statistics.median(waits), "p99": waits[len(waits) * 99 // 100]}


def _waits(told: Path) -> list[float]:
    return sorted(float(line) * 1000 for line in told.read_text().splitlines()) if told.exists() else []


async def until(scene: Scene, redis: Redis, jobs: int, wanted: int) -> int:
    give_up = time.monotonic() + PATIENCE
    while (found := await scene.done(redis, jobs)) < wanted:
        if time.monotonic() > give_up:
            raise Stuck(f"{found} of {wanted} are done")
        await asyncio.sleep(TICK)
    return found


async def _redis_cpu(redis: Redis) -> float:
    told = await redis.info("cpu")
    return float(told["used_cpu_user"]) + float(told["used_cpu_sys"])


class scene_of:
    """``async with scene_of(peer, redis_url) as (scene, redis)``: fresh, and taken away afterwards."""

    def __init__(self, peer: Peer, redis_url: str) -> None:
        self._folder = TemporaryDirectory(prefix="bench-")
        self._scene = Scene(peer, redis_url, Path(self._folder.name))
        self._redis = Redis.from_url(redis_url)

    async def __aenter__(self) -> tuple[Scene, Redis]:
        return self._scene, self._redis

    async def __aexit__(self, *wrong: Any) -> None:
        if wrong[0] is not None and (log := Path(self._folder.name) / "log").exists():
            print(log.read_text()[-2000:], file=sys.stderr)
        await self._scene.close(self._redis)
        await self._redis.aclose()
        self._folder.cleanup()
