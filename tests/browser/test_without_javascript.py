"""All that can be done can be done with plain links and forms."""

from __future__ import annotations

from playwright.async_api import Page, expect

from queueing import JobOptions, JobState
from tests.browser.shop import Shop
from tests.browser.visitors import Visitors, log_in


async def test_without_javascript_a_job_is_enqueued_and_found(shop: Shop, visitors: Visitors):
    async with visitors.come(None, javascript=False) as page:
        await page.goto("/enqueue")
        await log_in(page, "operator")
        await page.get_by_label("Type", exact=True).select_option("greet")
        await page.get_by_role("button", name="Choose").click()
        await page.get_by_label("name").fill("Ada")
        await page.get_by_role("button", name="Enqueue 1 job").last.click()
        await expect(page.locator("#toasts")).to_contain_text("Enqueued 1 job.")
        job_id = page.url.rpartition("/")[2]
        await shop.becomes(job_id, JobState.SUCCEEDED)
        await page.reload()
        await expect(page.locator("#job-head .state")).to_have_text("Succeeded")
        await page.goto("/jobs")
        await page.get_by_label("Filter jobs").fill("type:ship")
        await page.get_by_label("Filter jobs").press("Enter")
        await expect(page.locator("main")).to_contain_text("type:ship")
        await expect(page.locator(f"[id='job-{job_id}']")).to_have_count(0)
        await page.get_by_role("link", name="Clear", exact=True).click()
        await expect(page.locator(f"[id='job-{job_id}']")).to_be_visible()


async def test_without_javascript_an_item_is_added_to_a_list(shop: Shop, visitors: Visitors):
    async with visitors.come(javascript=False) as page:
        await page.goto("/enqueue?type=wrap")
        await page.get_by_label("order").fill("9")
        await page.get_by_label("notes").select_option("list[str]")
        await page.get_by_role("button", name="Show").click()
        await page.get_by_role("button", name="Add one").click()
        await page.get_by_label("notes, 1", exact=True).fill("fragile")
        await page.get_by_role("button", name="Enqueue 1 job").last.click()
        await expect(page.locator("#payload")).to_contain_text("fragile")
        await expect(page.locator("#payload")).to_contain_text("9")


async def test_without_javascript_jobs_are_retried_cancelled_and_discarded(shop: Shop, visitors: Visitors):
    [job_id] = await shop.lose_parcels(1)
    shop.mend()
    async with visitors.come(javascript=False) as page:
        await page.goto(f"/jobs/{job_id}")
        await act(page, "Retry", "Retried 1 job.")
        await shop.becomes(job_id, JobState.SUCCEEDED)
        later = await shop.add("ship", order=2, options=JobOptions(delay=3600))
        await page.goto(f"/jobs/{later}")
        await act(page, "Cancel", "Cancelled 1 job.")
        await page.goto("/jobs")
        for one in (job_id, later):
            await page.locator(f"[id='pick-{one}']").check()
        await page.get_by_role("toolbar", name="Selection").get_by_role("button", name="Discard").click()
        await page.get_by_role("button", name="Discard").click()
        await expect(page.locator("#toasts")).to_contain_text("Discarded 2 jobs.")
    assert await shop.counts() == {}


async def test_without_javascript_dead_letters_are_replayed(shop: Shop, visitors: Visitors):
    one, two, three = await shop.lose_parcels(3)
    shop.mend()
    async with visitors.come(javascript=False) as page:
        await page.goto("/dead-letters/parcels")
        await page.locator(f"[id='dead-{one}'] a[data-letter]").click()
        letter = page.get_by_role("complementary", name="Dead letter")
        await expect(letter).to_contain_text("the road to order 1 is closed")
        await letter.get_by_role("button", name="Replay").click()
        await expect(page.locator("#toasts")).to_contain_text("Replayed 1 job.")
        await shop.becomes(one, JobState.SUCCEEDED)
        await page.goto("/dead-letters/parcels")
        await page.locator(f"[id='pick-{two}']").check()
        await page.get_by_role("toolbar", name="Selection").get_by_role("button", name="Replay").click()
        await expect(page.locator("#toasts")).to_contain_text("Replayed 1 job.")
        await shop.becomes(two, JobState.SUCCEEDED)
        await page.get_by_role("link", name="Replay 1…").click()
        await page.get_by_role("button", name="Replay 1").click()
        await expect(page.locator("#toasts")).to_contain_text("Replayed 1 job.")
        await shop.becomes(three, JobState.SUCCEEDED)


async def act(page: Page, button: str, said: str) -> None:
    await page.locator("#job-head").get_by_role("button", name=button).click()
    await expect(page.locator("#toasts")).to_contain_text(said)
