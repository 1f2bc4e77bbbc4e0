from __future__ import annotations

from playwright.async_api import expect

from queueing import JobState
from tests.browser.shop import Shop
from tests.browser.visitors import Visitors, is_live, staying

EXPECTED = ("WebSocket", "ERR_CONNECTION_REFUSED")


async def test_the_page_says_when_it_is_disconnected(shop: Shop, visitors: Visitors):
    [job_id] = await shop.lose_parcels(1)
    async with shop.console() as console, visitors.come(url=console.url, expected=EXPECTED) as page:
        await page.goto("/jobs")
        await is_live(page)
        row = page.locator(f"[id='job-{job_id}']")
        async with staying(page):
            await console.stop()
            await expect(page.get_by_role("alert")).to_contain_text(
                "The connection to the console is lost.", timeout=5000
            )
            await expect(page.locator("#live")).to_contain_text("Not live")
            await expect(page.locator("#live-frame-health")).to_contain_text("unknown")
            shop.mend()
            await shop.cluster.operations.retry([job_id], by="test")
            await shop.becomes(job_id, JobState.SUCCEEDED)
            await expect(row).to_contain_text("Failed")
            await console.start()
            await is_live(page)
            await expect(page.locator("#lost")).to_be_hidden()
            await expect(row).to_contain_text("Succeeded")
            await expect(page.locator("#live-frame-health")).not_to_contain_text("unknown")
