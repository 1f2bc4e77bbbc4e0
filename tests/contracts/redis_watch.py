"""How long Redis served one client, and how long others waited meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from redis.asyncio import Redis

LONG = 10
"""Milliseconds that no call may take, of a machine of the usual speed."""

# What scripts of the store do most: fields read and written, in a Redis of its own.
YARDSTICK = """
for number = 1, 4000 do
  redis.call('HSET', KEYS[1], 'field' .. number % 50, number)
  redis.call('HGET', KEYS[1], 'field' .. number % 50)
end
redis.call('DEL', KEYS[1])
"""
USUAL = 0.0066
"""Seconds of the processor that the yardstick takes on a machine of the usual speed."""

# A process of its own, so that nothing but Redis is measured.
PING = """
import json, sys, threading, time
import redis
client, waits = redis.Redis.from_url(sys.argv[1]), []
client.ping()
print("ready", flush=True)
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
while not (waits and ended.is_set()):
    before = time.perf_counter()
    client.ping()
    waits.append((time.perf_counter() - before) * 1000)
    time.sleep(0.0005)
print(json.dumps(sorted(waits)))
"""


@asynccontextmanager
async def slow_calls(client: Redis) -> AsyncIterator[list[float]]:
    """Filled at the end: the milliseconds of each call that took too long, the time for waiting in line not counted."""
    await client.config_set("slowlog-log-slower-than", LONG * 1000)
    await client.config_set("slowlog-max-len", 10_000)
    await client.slowlog_reset()
    found: list[float] = []
    yield found
    found += sorted(entry["duration"] / 1000 for entry in await client.slowlog_get(10_000))


async def main_thread(client: Redis) -> float:
    """Seconds of the processor that Redis has used for its clients' calls."""
    found = await client.info("cpu")
    return float(found["used_cpu_user_main_thread"] + found["used_cpu_sys_main_thread"])


async def processor(client: Redis, act: Callable[[], Awaitable[object]]) -> float:
    """Seconds of the processor that Redis needed for one act: what the clock tells on a busy machine is more."""
    before = await main_thread(client)
    await act()
    return await main_thread(client) - before


async def slowness(client: Redis) -> float:
    """How many times as long as usual Redis needs for the same work, on the machine as it is now; at least one.

    The bounds of time are of calls, not of machines: one of half the speed may take twice as long.
    """
    taken = [await processor(client, lambda: client.eval(YARDSTICK, 1, "yardstick")) for _ in range(5)]
    return max(1.0, min(taken) / USUAL)


async def scripts_run(client: Redis) -> int:
    stats = await client.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("eval", "evalsha"))


@contextmanager
def pings(url: str) -> Iterator[list[float]]:
    """Filled at the end: the milliseconds that each PING of another client took, sorted."""
    found: list[float] = []
    with subprocess.Popen([sys.executable, "-c", PING, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield found
        process.stdin.close()
        found += json.loads(process.stdout.read())
