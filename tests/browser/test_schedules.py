"""Making a schedule, seeing when it would run while typing, and turning it off; with scripts and without."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Page, Route, expect

from queueing import JobState
from tests.browser.shop import Shop
from tests.browser.visitors import Visitors


async def fill(page: Page, name: str) -> None:
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Job type").fill("greet")
    await page.get_by_label("Payload").fill('{"name": "Ada"}')
    await page.get_by_label("Time zone").fill("Europe/Berlin")
    await page.get_by_label("Cron expression").fill("30 2 * * SUN")


async def test_the_next_runs_are_shown_while_it_is_typed(shop: Shop, visitors: Visitors):
    async with visitors.come("admin") as page:
        await page.goto("/schedules")
        await page.get_by_role("link", name="New schedule").click()
        preview = page.locator("#preview")
        await expect(preview).to_contain_text("Say when it runs")
        await fill(page, "typed")
        await expect(preview.locator("tbody tr")).to_have_count(5)
        await expect(preview).to_contain_text("Sun ")
        await page.get_by_label("Cron expression").fill("every day")
        await expect(preview).to_contain_text("Say when it runs")
        await page.get_by_text("At a pace").click()
        await expect(page.get_by_label("Cron expression")).to_be_hidden()
        await page.get_by_label("Every").fill("90 min")
        await expect(preview).to_contain_text("Every 90 minutes")


async def test_what_is_typed_before_the_script_is_there_is_looked_at_too(shop: Shop, visitors: Visitors):
    typed = asyncio.Event()

    async def late(route: Route) -> None:
        await typed.wait()
        await route.continue_()

    async with visitors.come("admin") as page:
        await page.route(re.compile(r"/schedules(\.\w+)?\.js"), late)
        await page.goto("/schedule-drafts/new", wait_until="commit")
        await fill(page, "quick")
        typed.set()
        await expect(page.locator("#preview tbody tr")).to_have_count(5)


async def test_it_is_made_run_turned_off_and_removed(shop: Shop, visitors: Visitors):
    async with visitors.come("admin") as page:
        await page.goto("/schedule-drafts/new")
        await fill(page, "weekly")
        await page.get_by_role("button", name="Make schedule").click()
        await expect(page.locator("#toasts")).to_contain_text("weekly is made.")
        await page.get_by_role("button", name="Run weekly now").click()
        link = page.locator("#history a").first
        await expect(link).to_be_visible()
        await shop.becomes(await link.inner_text(), JobState.SUCCEEDED)
        await expect(page.locator("#history")).to_contain_text("Succeeded", timeout=10_000)
        await page.get_by_role("button", name="Pause weekly").click()
        await expect(page.locator("#schedule-paused")).to_contain_text("by admin")
        await page.get_by_role("link", name="Remove weekly").click()
        await page.get_by_role("dialog").get_by_role("button", name="Remove it").click()
        await expect(page.locator("#toasts")).to_contain_text("weekly is removed.")
        assert await shop.cluster.inspector.schedule("weekly") is None


async def test_without_javascript_it_is_previewed_made_and_turned_off(shop: Shop, visitors: Visitors):
    async with visitors.come("admin", javascript=False, expected=("422",)) as page:
        await page.goto("/schedule-drafts/new")
        await fill(page, "plain")
        await page.get_by_role("button", name="Show next runs").click()
        await expect(page.locator("#preview tbody tr")).to_have_count(5)
        await page.get_by_label("Cron expression").fill("61 * * * *")
        await page.get_by_role("button", name="Make schedule").click()
        await expect(page.locator("#e-expression")).to_contain_text("bad minute")
        await page.get_by_label("Cron expression").fill("0 5 * * *")
        await page.get_by_role("button", name="Make schedule").click()
        await expect(page.locator("#toasts")).to_contain_text("plain is made.")
        await page.get_by_role("button", name="Pause plain").click()
        await expect(page.locator("#schedule-paused")).to_be_visible()
        await page.get_by_role("link", name="Remove plain").click()
        await page.get_by_role("button", name="Remove it").click()
        await expect(page.locator("#toasts")).to_contain_text("plain is removed.")
