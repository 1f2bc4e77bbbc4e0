"""Pages before a Redis that is stopped: it takes connections and says nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any, cast

import msgspec
import pytest
from django.test import Client

from dashboard import patience
from dashboard.patience import Patient
from queueing import conf
from queueing.domain.ports import JobStore
from queueing.domain.reading import ServerHealth
from queueing.errors import StoreUnavailable
from tests.dashboard.conftest import _serving
from tests.dashboard.shop import Shop
from tests.eventually import eventually, eventually_sync
from tests.servers.redis import PrivateRedis

PAGES = ("/", "/jobs", "/failures", "/dead-letters", "/queues", "/workers", "/enqueue", "/schedules", "/operations")
FIRST, LATER = 2.5, 1.0
"""Seconds. Alone on a machine the first page takes one, to find out, and the others a tenth."""


@pytest.mark.django_db
def test_no_page_waits_for_a_redis_that_is_stopped_and_all_are_right_again_once_it_goes_on(
    operator: Client, private_redis: PrivateRedis
) -> None:
    config = msgspec.structs.replace(conf.from_django(), redis_url=private_redis.url, amqp_url="amqp://127.0.0.1:1/")
    with _serving(msgspec.structs.replace(config, publish_timeout=0.2)) as cluster:
        Shop(cluster).add(queue="parcels")
        assert "parcels" in operator.get("/queues").content.decode()
        with private_redis.stopped():
            took = [seconds(operator, page) for page in PAGES]
            assert took[0] < FIRST and max(took[1:]) < LATER, dict(zip(PAGES, took, strict=True))
            assert "Redis has not answered yet." in operator.get("/").content.decode()
        began = time.monotonic()
        eventually_sync(lambda: "parcels" in operator.get("/queues").content.decode())
        assert time.monotonic() - began < 2


def seconds(client: Client, page: str) -> float:
    began = time.monotonic()
    assert client.get(page).status_code == 200
    return time.monotonic() - began


class Store:
    """Answers what it is told to, when it is told to."""

    def __init__(self) -> None:
        self.wakes, self.asked, self.signs = asyncio.Event(), 0, 0
        self.is_there = asyncio.Event()
        self.name = "a store"

    async def health(self) -> ServerHealth:
        self.signs += 1
        await self.is_there.wait()
        return ServerHealth(name="Redis", ok=True)

    async def counts(self) -> str:
        self.asked += 1
        await self.wakes.wait()
        return "counts"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(patience, "LONG", 0.05)
    monkeypatch.setattr(patience, "SIGN", 0.05)
    monkeypatch.setattr(patience, "BRIEF", 0.01)
    yield Store()


async def test_a_silent_store_is_asked_for_a_sign_and_then_no_more_until_it_gives_one(store: Store) -> None:
    patient: Any = Patient(cast(JobStore, store))
    for _ in range(5):
        with pytest.raises(StoreUnavailable, match="has not answered yet"):
            await patient.counts()
    assert (store.asked, store.signs) == (1, 1)
    assert not (await patient.health()).ok
    store.is_there.set()
    store.wakes.set()
    await asyncio.sleep(0)
    assert await patient.counts() == "counts"
    assert (await patient.health()).ok
    assert patient.name == "a store"


async def test_a_store_that_is_slow_and_there_is_waited_for(store: Store) -> None:
    store.is_there.set()
    patient: Any = Patient(cast(JobStore, store))
    asking = asyncio.create_task(patient.counts())
    await eventually(lambda: store.signs == 3)
    assert not asking.done()
    store.wakes.set()
    assert await asking == "counts"
