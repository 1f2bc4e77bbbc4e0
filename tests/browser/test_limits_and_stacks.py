"""A queue is limited, what waits for it says so, and what holds it up is looked into: by clicking."""

from __future__ import annotations

import re

from playwright.async_api import expect

from queueing import JobState
from queueing.domain.limits import Scope
from tests.browser.shop import Shop
from tests.browser.visitors import Visitors, is_live

BENCH = Scope("queue", "bench")


async def test_limit_a_queue_see_who_waits_and_where_the_running_job_is(shop: Shop, visitors: Visitors):
    try:
        async with visitors.come("admin") as page:
            await page.goto("/queues/bench")
            await is_live(page)
            await page.get_by_role("link", name="Limit of bench…").click()
            await page.get_by_label("Jobs at a time").fill("1")
            await page.get_by_role("button", name="Set").click()
            await expect(page.locator(".tag", has_text="fixed by admin")).to_be_visible()

            running, waiting = [await shop.add("wrap", order=order) for order in (1, 2)]
            await shop.becomes(running, JobState.RUNNING)
            await page.goto(f"/jobs/{waiting}")
            await expect(page.get_by_text("It waits for a limit: 1 at a time of queue bench")).to_be_visible()

            await page.goto(f"/jobs/{running}")
            await page.get_by_role("link", name="Where it is now: its stack").click()
            await is_live(page)
            await page.get_by_role("button", name=re.compile("^Take")).click()
            stack = page.get_by_label(f"Stack of job {running[-8:]}")
            # With the worker's next heartbeat, by a push.
            await expect(stack).to_contain_text("in wrap", timeout=20_000)

            await page.goto("/queues/bench")
            await page.get_by_role("link", name="Limit of bench…").click()
            await page.get_by_role("button", name="As the code says").click()
            await expect(page.locator(".tag", has_text="fixed by admin")).to_be_hidden()
            await shop.becomes(waiting, JobState.RUNNING)
    finally:
        await shop.cluster.operations.free_limit(BENCH)
