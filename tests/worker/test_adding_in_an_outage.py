"""``add`` while a server is down, or swallows what it is sent: it ends in time, and says once what is wrong."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from queueing.conf import ClusterConfig
from queueing.domain.registry import Registry
from queueing.errors import StoreUnavailable
from queueing.runtime import Cluster
from tests.chaos.proxy import Proxy
from tests.eventually import eventually
from tests.places import own_prefix

QUEUE = "post"
NOWHERE = "127.0.0.1:1"


@contextmanager
def black_hole() -> Iterator[str]:
    """An address where a connection is made and nothing is ever answered."""
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(128)
        yield f"127.0.0.1:{hole.getsockname()[1]}"


@asynccontextmanager
async def cluster(**config: object) -> AsyncIterator[Cluster]:
    made = Cluster(ClusterConfig(**config), types=Registry())  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
async def place(amqp_url: str, redis_url: str) -> AsyncIterator[dict[str, object]]:
    async with own_prefix(amqp_url, redis_url, QUEUE) as prefix:
        yield {
            "amqp_url": amqp_url,
            "redis_url": redis_url,
            "prefix": prefix,
            "connect_timeout": 1.0,
            "publish_timeout": 1.0,
            "store_timeout": 1.0,
        }


async def seconds(work: AsyncIterator[object] | object) -> float:
    began = time.monotonic()
    await work  # type: ignore[misc]
    return time.monotonic() - began


async def test_jobs_are_accepted_while_the_broker_refuses(
    place: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    async with cluster(**place | {"amqp_url": f"amqp://{NOWHERE}"}) as down:
        add = down.producer.add
        assert await seconds(asyncio.gather(*(add(QUEUE, "touch", None) for _ in range(200)))) < 3
        assert await seconds(asyncio.gather(*(add(QUEUE, "touch", None) for _ in range(200)))) < 3
        assert await down.store.outbox_size() == 400
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.name for record in told] == ["queueing.producer"]
    assert "Jobs are accepted and wait in the outbox: RabbitMQ at 127.0.0.1:1 is not available" in told[0].getMessage()


async def test_a_broker_that_swallows_everything_holds_up_the_first_job_only(place: dict[str, object]) -> None:
    with black_hole() as hole:
        async with cluster(**place | {"amqp_url": f"amqp://{hole}"}) as down:
            assert await seconds(down.producer.add(QUEUE, "touch", None)) < 3
            for _ in range(20):
                assert await seconds(down.producer.add(QUEUE, "touch", None)) < 0.7, "it waits for no dial"


async def test_a_link_that_goes_dead_holds_up_the_jobs_in_flight_and_mends_by_itself(
    place: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    async with Proxy(str(place["amqp_url"])) as proxy, cluster(**place | {"amqp_url": proxy.url}) as cut:
        caplog.set_level("INFO", "queueing.producer")
        await cut.producer.add(QUEUE, "touch", None)
        proxy.stall()
        assert await seconds(cut.producer.add(QUEUE, "touch", None)) < 4
        for _ in range(20):
            assert await seconds(cut.producer.add(QUEUE, "touch", None)) < 0.7
        assert await cut.store.outbox_size() == 21
        proxy.mend()

        async def sends_again() -> bool:
            before = await cut.store.outbox_size()
            await cut.producer.add(QUEUE, "touch", None)
            return await cut.store.outbox_size() == before

        await eventually(sends_again, timeout=20, interval=0.2)
    words = [record.getMessage()[:24] for record in caplog.records if record.name == "queueing.producer"]
    assert words == ["Jobs are accepted and wa", "The broker takes message"]


async def test_a_store_that_is_down_is_named_at_once(place: dict[str, object]) -> None:
    async with cluster(**place | {"redis_url": f"redis://{NOWHERE}"}) as down:
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match=r"Redis at redis://127.0.0.1:1.* cannot be reached"):
            await down.producer.add(QUEUE, "touch", None)
        assert time.monotonic() - began < 2


async def test_a_store_that_swallows_everything_is_given_up_in_time_by_all(place: dict[str, object]) -> None:
    """Some batches wait for their turn: theirs must not be a timeout each."""
    with black_hole() as hole:
        async with cluster(**place | {"redis_url": f"redis://{hole}"}) as down:
            began = time.monotonic()
            adding = [down.producer.add(QUEUE, "touch", None) for _ in range(2000)]
            answers = await asyncio.gather(*adding, return_exceptions=True)
            assert time.monotonic() - began < 4
    assert all(isinstance(answer, StoreUnavailable) for answer in answers)
    assert "did not answer within 1 s" in str(answers[0])


SCRIPT = """
import asyncio, logging
from queueing import Queue
from queueing.conf import ClusterConfig
from queueing.runtime import Cluster
from queueing.domain.registry import Registry
logging.basicConfig(level="WARNING", format="%(name)s %(message)s")

async def main():
    config = ClusterConfig(amqp_url="amqp://127.0.0.1:1", redis_url="{redis}", prefix="{prefix}")
    queue = Queue("post", Cluster(config, types=Registry()))
    for _ in range(20):
        await queue.add("touch")
        await asyncio.sleep(0.1)
    await queue.close()

asyncio.run(main(), debug=True)
"""


async def test_the_library_says_one_line_an_outage(place: dict[str, object]) -> None:
    script = SCRIPT.format(redis=place["redis_url"], prefix=place["prefix"])
    ended = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    lines = [line for line in ended.stderr.splitlines() if not line.startswith("asyncio Executing")]
    assert len(lines) == 1 and lines[0].startswith("queueing.producer Jobs are accepted"), ended.stderr
