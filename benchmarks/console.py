"""What a page of the console costs with very many jobs: ``python -m benchmarks.console --jobs 1000000 --lanes 200``.

Each page is asked for by an admin, in this process, on a Redis of its own that the server itself fills. One JSON line a
page: milliseconds of wall clock (median and 95th percentile) and of this process' CPU (median), and how many commands
Redis executed for it. ``--profile PAGE`` shows instead where a page's time goes.

That Redis keeps nothing on disk. A copied job takes 470 bytes of it: ten million take 4.7 GB and some minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import logging
import os
import pstats
import statistics
import time

import django
import redis as redis_sync
from django.core.management import call_command
from django.test import Client
from redis.asyncio import Redis

from queueing.adapters.rabbitmq.broker import RabbitBroker
from queueing.adapters.redis import RedisStore
from queueing.domain.states import JobState
from tests.contracts.brokers import fresh_prefix, take_away
from tests.contracts.crowd import Crowd
from tests.contracts.stores import alive, in_state
from tests.places import OPERATIONS
from tests.servers.redis import PrivateRedis

QUEUES = 50
SHARES = {JobState.SUCCEEDED: 0.8, JobState.FAILED: 0.1, JobState.QUEUED: 0.1}
PAGES = ("/", "/figures", "/jobs", "/jobs?state=failed", "/jobs?state=failed&queue=queue-3", "/jobs/{failed}")
PAGES += (
    "/failures",
    "/dead-letters/queue-3",
    "/queues",
    "/queues/queue-3",
    "/workers",
    "/enqueue",
    "/operations",
    "/audit",
)


async def fill(redis_url: str, amqp_url: str, prefix: str, jobs: int, lanes: int) -> str:
    """A tenth of them failed, as many wait, the rest succeeded. Returns the id of a failed one."""
    places = [(f"queue-{number % QUEUES}", f"type-{number}") for number in range(lanes)]
    broker = RabbitBroker(amqp_url, prefix=prefix)
    await broker.connect()
    for number in range(QUEUES):
        await broker.declare(f"queue-{number}")
    await broker.close()

    store = RedisStore(redis_url, prefix=prefix, timeout=60)
    await alive(store, ttl=3600)
    # All before the first is copied: that can take minutes, after which their worker is taken for dead.
    templates = {state: await in_state(store, state) for state in SHARES}
    async with Redis.from_url(redis_url, socket_timeout=60) as client:
        crowd = Crowd(store, client, prefix)
        for state, share in SHARES.items():
            await crowd.copy(templates[state], round(jobs * share), lanes=places)
    await store.close()
    return templates[JobState.FAILED].id


def open_console(redis_url: str, amqp_url: str, prefix: str) -> None:
    os.environ.update(LEVERET_REDIS_URL=redis_url, LEVERET_AMQP_URL=amqp_url, LEVERET_PREFIX=prefix)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    call_command("migrate", verbosity=0)
    logging.disable(logging.INFO)


def measure(pages: list[str], redis_url: str, rounds: int, profiled: str) -> None:
    from django.contrib.auth.models import User

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("ada"))
    redis = redis_sync.from_url(redis_url)
    for page in pages:
        if profiled and profiled != page:
            continue
        if client.get(page).status_code == 404:  # also warms up what is cached on first use
            continue
        if profiled:
            show_profile(client, page, rounds)
            return
        walls, cpus = [], []
        before = redis.info("stats")["total_commands_processed"]
        for _ in range(rounds):
            started, used = time.perf_counter(), time.process_time()
            assert client.get(page).status_code == 200, page
            walls.append((time.perf_counter() - started) * 1000)
            cpus.append((time.process_time() - used) * 1000)
        commands = redis.info("stats")["total_commands_processed"] - before
        walls.sort()
        figures = {
            "page": page,
            "ms": round(statistics.median(walls), 1),
            "p95_ms": round(walls[len(walls) * 95 // 100], 1),
            "cpu_ms": round(statistics.median(cpus), 1),
            "redis_commands": round(commands / rounds),
        }
        print(json.dumps(figures), flush=True)


def show_profile(client: Client, page: str, rounds: int) -> None:
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(rounds):
        client.get(page)
    profile.disable()
    pstats.Stats(profile).sort_stats("cumulative").print_stats(60)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--lanes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--profile", default="", metavar="PAGE")
    given = parser.parse_args()
    amqp_url = os.environ.get("LEVERET_AMQP_URL", "amqp://guest:guest@localhost/")
    queues = [f"queue-{number}" for number in range(QUEUES)]
    prefix = fresh_prefix()
    with PrivateRedis() as server:
        try:
            started = time.perf_counter()
            failed = await fill(server.url, amqp_url, prefix, given.jobs, given.lanes)
            seconds = round(time.perf_counter() - started, 1)
            size = redis_sync.from_url(server.url).info("memory")["used_memory"]
            told = {"jobs": given.jobs, "lanes": given.lanes, "filled_in_s": seconds, "redis_mb": round(size / 1e6)}
            print(json.dumps(told), flush=True)
            pages = [page.format(failed=failed) for page in PAGES]
            await asyncio.to_thread(look, pages, server.url, amqp_url, prefix, given.rounds, given.profile)
        finally:
            # The Redis goes with all that it holds: to look for the keys of a prefix would take as long as to fill it.
            await take_away(amqp_url, prefix, *queues, OPERATIONS)


def look(pages: list[str], redis_url: str, amqp_url: str, prefix: str, rounds: int, profiled: str) -> None:
    open_console(redis_url, amqp_url, prefix)
    measure(pages, redis_url, rounds, profiled)


if __name__ == "__main__":
    asyncio.run(main())
