"""What it costs that many people watch: ``python -m benchmarks.watching --viewers 200 --jobs 20000 --runs 3``.

A worker works off the jobs once with the console idle and once with its pages watched, in turns. Each second a job is
added to a queue of its own, and how long after that each page of it shows the job is its lag. One JSON line a figure:
jobs and changes a second, the share of what the worker reached unwatched, milliseconds of lag, CPU of the web process
in shares of a core.

All jobs wait when the worker begins, so that it runs as fast as it can; with ``--rate 1667`` so many a second are added
while it runs, each of which is changed three times.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from redis.asyncio import Redis

from benchmarks import driver
from benchmarks.driver import ROOT, Scene
from benchmarks.peers import PEERS
from benchmarks.viewers import PAGES
from benchmarks.workload import AMQP_URL
from tests.acceptance.console import Console
from tests.acceptance.project import Project
from tests.contracts.brokers import take_away
from tests.servers import private

CHANGES = 2
"""Of a job while it is worked off: it starts, and it has ended. Where it is added meanwhile, that is one more."""
SESSION = """
from importlib import import_module
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import User
from django.core.management import call_command
call_command("migrate", verbosity=0)
ada = User.objects.create_superuser("ada")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[auth.SESSION_KEY], session[auth.HASH_SESSION_KEY] = str(ada.pk), ada.get_session_auth_hash()
session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session.create()
print(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
"""


async def run(redis_url: str, peer_name: str, jobs: int, viewers: int, rate: int) -> dict[str, float]:
    peer = PEERS[peer_name]
    async with driver.scene_of(peer, redis_url) as (scene, redis), open_console(scene, redis_url) as (console, cookie):
        if not rate:
            await asyncio.to_thread(scene.call, "fill", str(jobs))
        if not viewers:
            return await worked_off(scene, redis, jobs, console, rate)
        async with marks(scene, redis_url) as added, watched(console.url, cookie, viewers) as watching:
            since = time.time()
            figures = await worked_off(scene, redis, jobs, console, rate)
            counted = {mark: at for mark, at in added.items() if at > since}
            found = await watching(list(counted)[-1])
        lags = sorted((at - began) * 1000 for mark, began in counted.items() for at in found["seen"].get(mark, ()))
        return figures | {
            "lag_p50": statistics.median(lags),
            "lag_p95": lags[len(lags) * 95 // 100],
            "seen": len(lags) / (len(counted) * (viewers // len(PAGES))),
            "updates": found["updates"] / figures["seconds"],
        }


async def worked_off(scene: Scene, redis: Redis, jobs: int, console: Console, rate: int) -> dict[str, float]:
    web = psutil.Process(console.pid)
    with scene.workers(1):
        feeding = asyncio.create_task(asyncio.to_thread(scene.call, "feed", str(rate), str(jobs))) if rate else None
        first = await driver.until(scene, redis, jobs, jobs // 10)
        began, spent = time.perf_counter(), sum(web.cpu_times()[:2])
        last = await driver.until(scene, redis, jobs, jobs)
        seconds = time.perf_counter() - began
        spent = sum(web.cpu_times()[:2]) - spent
        if feeding:
            await feeding
    reached = (last - first) / seconds
    changes = reached * (CHANGES + bool(rate))
    return {"rate": reached, "changes": changes, "web_cpu": spent / seconds, "seconds": seconds}


@asynccontextmanager
async def open_console(scene: Scene, redis_url: str) -> AsyncIterator[tuple[Console, str]]:
    with TemporaryDirectory(prefix="bench-") as folder:
        project = Project(Path(folder), amqp_url=AMQP_URL, redis_url=redis_url, prefix=scene.name, apps="")
        cookie = (await project.manage("shell", "--verbosity", "0", "-c", SESSION)).strip().splitlines()[-1]
        async with project.console() as console:
            yield console, cookie


@asynccontextmanager
async def watched(url: str, cookie: str, viewers: int) -> AsyncIterator[Callable[[str], Awaitable[dict[str, Any]]]]:
    """Everybody watches. What it gives is called with the last mark, and tells what was seen up to it."""
    command = (sys.executable, "-m", "benchmarks.viewers", url, cookie, str(viewers))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe, limit=1 << 26)
    assert process.stdout and process.stdin
    try:
        if (await process.stdout.readline()).strip() != b"watching":
            raise driver.Stuck("the viewers have ended before all of them watched")
        yield partial(_told, process.stdin, process.stdout)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _told(question: asyncio.StreamWriter, answer: asyncio.StreamReader, last: str) -> dict[str, Any]:
    question.write(f"{last}\n".encode())
    found: dict[str, Any] = json.loads(await answer.readline())
    return found


@asynccontextmanager
async def marks(scene: Scene, redis_url: str) -> AsyncIterator[dict[str, float]]:
    """Adds a job each second; when each was there, by its id."""
    added: dict[str, float] = {}
    project = Project(Path(), amqp_url=AMQP_URL, redis_url=redis_url, prefix=scene.name)
    await project.cluster.open()

    async def add() -> None:
        for number in range(10_000):
            mark = f"mark-{number}"
            await project.cluster.producer.add("marks", "mark", {}, job_id=mark)
            added[mark] = time.time()
            await asyncio.sleep(1)

    adding = asyncio.create_task(add())
    try:
        yield added
    finally:
        adding.cancel()
        await asyncio.wait([adding])
        await project.cluster.close()
        await take_away(AMQP_URL, scene.name, "marks")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rate", type=int, default=0)
    parser.add_argument("--peer", default="leveret", choices=[name for name in PEERS if name.startswith("leveret")])
    given = parser.parse_args()
    found: dict[int, list[dict[str, float]]] = {0: [], given.viewers: []}
    with private.redis() as server:
        for _ in range(given.runs):
            for viewers, figures in found.items():
                figures.append(await run(server.url, given.peer, given.jobs, viewers, given.rate))
                print(json.dumps({"viewers": viewers} | {k: round(v, 3) for k, v in figures[-1].items()}), flush=True)
    middle = {
        viewers: {name: statistics.median(one[name] for one in figures) for name in figures[0]}
        for viewers, figures in found.items()
    }
    summary = {"viewers": given.viewers, "median of": given.runs, **middle[given.viewers]}
    summary["share of unwatched"] = middle[given.viewers]["rate"] / middle[0]["rate"]
    print(json.dumps({name: round(value, 3) for name, value in summary.items()}))


if __name__ == "__main__":
    asyncio.run(main())
