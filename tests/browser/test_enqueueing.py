from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Route, expect

from queueing import JobState
from tests.browser.shop import Shop
from tests.browser.visitors import DESK, POCKET, Look, Visitors, is_live, log_in, staying


@pytest.mark.parametrize("look", [DESK, POCKET], ids=str)
async def test_enqueue_a_job_and_watch_it_succeed_without_reloading(shop: Shop, visitors: Visitors, look: Look):
    await shop.fill_the_benches()
    async with visitors.come(None, look=look) as page:
        await page.goto("/enqueue")
        await log_in(page, "operator")
        await page.get_by_label("Type", exact=True).select_option("wrap")
        await page.get_by_label("order").fill("7")
        await page.get_by_label("paper").select_option("stars")
        await page.get_by_role("button", name="Enqueue 1 job").click()
        await page.wait_for_url("**/jobs/*")
        await expect(page.locator("#toasts")).to_contain_text("Enqueued 1 job.")
        await is_live(page)
        badge = page.locator("#job-head .state")
        async with staying(page):
            await expect(badge).to_have_text("Queued")
            await shop.tie(0)
            await expect(badge).to_have_text("Running")
            await expect(page.locator("#job-story")).to_contain_text("folding the stars paper")
            await shop.tie(7)
            await expect(badge).to_have_text("Succeeded")
            await expect(page.locator("#result")).to_contain_text("order 7 in stars paper")
        job_id = page.url.rpartition("/")[2]
    assert (await shop.becomes(job_id, JobState.SUCCEEDED)).spec.created_by == "console:operator"


async def test_a_wrong_argument_is_pointed_out_and_nothing_is_enqueued(shop: Shop, visitors: Visitors):
    async with visitors.come(expected=("422",)) as page:
        await page.goto("/enqueue?type=wrap")
        await page.get_by_label("order").fill("seven")
        await page.get_by_role("button", name="Enqueue 1 job").click()
        await expect(page.get_by_role("alert").filter(has_text="1 field needs you")).to_be_visible()
        await expect(page.get_by_label("order")).to_be_focused()
        await expect(page.get_by_label("order")).to_have_value("seven")
    assert await shop.counts() == {}


async def test_what_is_typed_before_the_page_is_ready_is_shown_in_its_payload(shop: Shop, visitors: Visitors):
    typed = asyncio.Event()

    async def late(route: Route) -> None:
        await typed.wait()
        await route.continue_()

    await shop.fill_the_benches()
    async with visitors.come() as page:
        await page.route(re.compile(r"/enqueue(\.\w+)?\.js"), late)
        await page.goto("/enqueue?type=wrap", wait_until="commit")
        await page.get_by_label("order").fill("77")
        typed.set()
        await expect(page.get_by_role("region", name="Payload")).to_contain_text('"order": 77')
