from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.shop import ALL_QUEUES, APPS, PASSWORD, SLOTS, Shop
from tests.browser.visitors import Visitors
from tests.places import own_prefix

HERE = Path(__file__).parent
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")

# A busy machine is slow; where the time matters, the test says so.
expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # One loop for all: the browser and the servers belong to it, and starting them for each test would take minutes.
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.asyncio(loop_scope="package"), append=False)
            item.add_marker(pytest.mark.timeout(240))  # the first one starts everything


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", *QUIET])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def open_shop(
    tmp_path_factory: pytest.TempPathFactory, amqp_url: str, redis_url: str
) -> AsyncIterator[tuple[Shop, str]]:
    """The shop with its workers and its console, and where that is."""
    folder = tmp_path_factory.mktemp("shop")
    async with own_prefix(amqp_url, redis_url, *ALL_QUEUES) as prefix:
        shop = Shop(folder, amqp_url=amqp_url, redis_url=redis_url, prefix=prefix, apps=APPS)
        await shop.cluster.open()
        async with shop.workers("--concurrency", str(SLOTS)):
            await shop.create_users(PASSWORD)
            async with shop.console() as console:
                yield shop, console.url
        await shop.cluster.close()


@pytest_asyncio.fixture(loop_scope="package")
async def shop(open_shop: tuple[Shop, str]) -> AsyncIterator[Shop]:
    """Empty before and after."""
    yield open_shop[0]
    await open_shop[0].clear()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def visitors(browser: Browser, open_shop: tuple[Shop, str]) -> Visitors:
    return Visitors(browser, open_shop[1], keys={})
