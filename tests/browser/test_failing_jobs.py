from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from queueing import Backoff, JobOptions, JobState
from tests.browser.shop import Shop
from tests.browser.visitors import DESK, POCKET, Look, Visitors, is_live, staying
from tests.eventually import eventually

HEAD = "#job-head"
BADGE = f"{HEAD} .state"


@pytest.mark.parametrize("look", [DESK, POCKET], ids=str)
async def test_a_failing_job_retries_fails_and_is_retried_by_clicking(shop: Shop, visitors: Visitors, look: Look):
    [*benches] = await shop.fill_the_benches()
    # The first retry is an hour away, so that it is seen, however slow the page; then it is hurried.
    job_id = await shop.add("ship", order=3, options=JobOptions(backoff=Backoff.delays([3600, 0.5])))
    async with visitors.come(look=look) as page:
        await page.goto(f"/jobs/{job_id}")
        await is_live(page)
        async with staying(page):
            await shop.tie(0)
            await expect(page.locator(BADGE)).to_have_text("Retrying")
            await page.locator(HEAD).get_by_role("button", name="Run now").click()
            await expect(page.locator(BADGE)).to_have_text("Failed")
            story = page.locator("#job-story")
            await expect(story.locator("details.attempt > summary")).to_have_count(3)
            await expect(story).to_contain_text("ConnectionError: the road to order 3 is closed")
            shop.mend()
            await page.locator(HEAD).get_by_role("button", name="Retry").click()
            await expect(page.locator("#toasts")).to_contain_text("Retried 1 job.")
            await expect(page.locator(BADGE)).to_have_text("Succeeded")
            await expect(page.locator("#result")).to_contain_text("on its way")
            # What failed before is still told.
            await expect(story).to_contain_text("the road to order 3 is closed")
        await is_printed_whole_on_white(page)
    assert shop.ledger == ["ship 3"]
    assert benches


async def is_printed_whole_on_white(page: Page) -> None:
    """The console's frame stays off the paper, what is folded is on it, and no theme makes its text light."""
    await page.evaluate("document.documentElement.dataset.theme = 'dark'")
    await page.evaluate("document.querySelectorAll('#job-story details').forEach((one) => { one.open = false })")
    closed = page.locator("#job-story details.attempt p.message").last
    await expect(closed).to_be_hidden()
    await page.emulate_media(media="print", color_scheme="dark")
    for gone in (".side", ".top", ".dock", f"{HEAD} .btn"):
        await expect(page.locator(gone).first).to_be_hidden()
    await expect(closed).to_be_visible()
    shade = "Math.max(...getComputedStyle(document.querySelector('#job-story')).color.match(/\\d+/g).map(Number))"
    assert await page.evaluate(shade) < 100
    began = "getComputedStyle(document.querySelector('time[data-when=relative]'), '::after').content"
    assert "20" in await page.evaluate(began), "and a moment is a date: paper does not tick"


async def test_cancel_a_running_job(shop: Shop, visitors: Visitors):
    job_id = await shop.add("wrap", order=1)
    await shop.becomes(job_id, JobState.RUNNING)
    async with visitors.come() as page:
        await page.goto(f"/jobs/{job_id}")
        await is_live(page)
        async with staying(page):
            await page.locator(HEAD).get_by_role("button", name="Cancel").click()
            await expect(page.locator("#toasts")).to_contain_text("asked to stop")
            await expect(page.locator(BADGE)).to_have_text("Cancelled")
            await expect(page.locator(HEAD).get_by_role("button", name="Run again")).to_be_visible()


async def test_cancel_a_waiting_job_from_the_list(shop: Shop, visitors: Visitors):
    job_id = await shop.add("ship", order=1, options=JobOptions(delay=3600))
    async with visitors.come() as page:
        await page.goto("/jobs?state=scheduled")
        await is_live(page)
        row = page.locator(f"[id='job-{job_id}']")
        async with staying(page):
            await row.hover()
            await row.get_by_role("button", name="Cancel").click()
            await expect(row).to_contain_text("Cancelled")
    await shop.becomes(job_id, JobState.CANCELLED)


async def test_discard_a_failed_job(shop: Shop, visitors: Visitors):
    [job_id] = await shop.lose_parcels(1)
    async with visitors.come() as page:
        await page.goto(f"/jobs/{job_id}")
        await is_live(page)
        await discard(page, "Keep it")
        assert await shop.job(job_id) is not None
        await discard(page, "Discard")
        await expect(page.locator("#toasts")).to_contain_text("Discarded 1 job.")

    async def gone() -> bool:
        return await shop.job(job_id) is None

    await eventually(gone)


async def discard(page: Page, answer: str) -> None:
    await page.locator(HEAD).get_by_role("button", name="Discard").click()
    dialog = page.get_by_role("dialog", name="Discard this job?")
    await expect(dialog).to_contain_text("Nothing brings them back.")
    await dialog.get_by_role("button", name=answer).click()
    await expect(dialog).to_be_hidden()
