"""The whole way, from a job that is added by another process to the page that is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from dashboard.live.hub import Hub
from dashboard.live.registry import Watched
from dashboard.live.source import StoreSource
from queueing.adapters.redis import RedisStore
from queueing.domain.states import JobState
from tests.contracts.stores import job
from tests.dashboard.live.conftest import Browser, watched
from tests.eventually import eventually
from tests.servers.redis import PrivateRedis


async def same_loop(work):
    await work


@pytest.fixture
async def shop(private_redis: PrivateRedis) -> AsyncIterator[RedisStore]:
    """Another process's way to the same jobs."""
    store = RedisStore(private_redis.url, timeout=1.0)
    yield store
    await store.close()


@pytest.fixture
async def browser(private_redis: PrivateRedis) -> AsyncIterator[Browser]:
    """Looks at how many jobs are queued."""
    store = RedisStore(private_redis.url, timeout=1.0)

    async def render(watched: Watched) -> str:
        lanes = await store.lanes()
        return str(sum(lane.counts.get(JobState.QUEUED, 0) for lane in lanes))

    hub, browser = Hub(StoreSource(lambda: store, same_loop), render, interval=0.05), Browser()
    hub.watch(watched("jobs"), browser)
    await eventually(lambda: browser.htmls[-1:] == ["0"])
    yield browser
    hub.leave(watched("jobs"), browser)
    await eventually(lambda: not [task for task in asyncio.all_tasks() if task.get_name().startswith("live")])
    await store.close()


async def test_a_job_added_elsewhere_is_on_the_page_at_once(browser: Browser, shop: RedisStore):
    for count in range(1, 4):
        await shop.add([job()])
        await eventually(lambda count=count: browser.htmls[-1] == str(count), timeout=1.5)


async def test_pages_catch_up_with_a_redis_that_was_killed(
    browser: Browser, shop: RedisStore, private_redis: PrivateRedis
):
    private_redis.kill()
    await eventually(lambda: browser.modes[-1:] == ["blind"] and browser.htmls[-1] is None, timeout=15)
    private_redis.start()
    await eventually(lambda: shop.add([job()]), timeout=15)
    await eventually(lambda: browser.modes[-1] == "live" and browser.htmls[-1] not in (None, "0"), timeout=15)


async def test_a_redis_that_sends_no_hints_any_more_is_found_out(
    browser: Browser, shop: RedisStore, private_redis: PrivateRedis
):
    async with Redis.from_url(private_redis.url) as client:
        await client.config_set("notify-keyspace-events", "")
    await shop.add([job()])
    await eventually(lambda: browser.htmls[-1] == "1")
