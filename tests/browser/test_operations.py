from __future__ import annotations

import re

from playwright.async_api import Page, expect

from queueing import JobState
from tests.browser.shop import Shop
from tests.browser.visitors import POCKET, Visitors, is_live, staying
from tests.eventually import eventually

MANY = 1_200
ALL = "/jobs?state=failed&queue=parcels"


async def test_retry_all_matching_undo_it_and_retry_after_all(shop: Shop, visitors: Visitors):
    await shop.lose_many(MANY)
    shop.mend()
    async with visitors.come() as page:
        await ask(page, "Retry")
        dialog = page.get_by_role("dialog", name="Retry 1,200 jobs?")
        await dialog.get_by_label("Reason").fill("the road is mended")
        await dialog.get_by_role("button", name="Retry up to 1,200").click()
        await expect(page).to_have_url(re.compile(r"/operations/\d+$"))
        await is_live(page)
        await expect(page.locator("main")).to_contain_text("Nothing has been sent yet")
        async with staying(page):
            await page.keyboard.press("z")
            await expect(page.locator("#toasts")).to_contain_text("Undone.")
            await expect(page.locator(".card .tag")).to_have_text("undone")
        assert (await shop.counts())[JobState.FAILED] == MANY
        await ask(page, "Retry")
        await dialog.get_by_label("Reason").fill("now it is")
        await dialog.get_by_role("button", name="Retry up to 1,200").click()
        await expect(page.get_by_role("button", name="Start now")).to_be_visible()
        async with staying(page):
            await page.get_by_role("button", name="Start now").click()
            await expect(page.locator(".card .tag")).to_have_text("done", timeout=30_000)
            await expect(page.locator(".op-fig")).to_contain_text("1,200 of 1,200 jobs")

    async def all_shipped() -> bool:
        return len(shop.ledger) == MANY

    await eventually(all_shipped, timeout=60)


async def test_pause_and_resume_an_operation(shop: Shop, visitors: Visitors):
    await shop.lose_many(MANY)
    async with visitors.come() as page:
        await ask(page, "Discard")
        dialog = page.get_by_role("dialog", name="Discard 1,200 jobs?")
        await dialog.get_by_label("Reason").fill("nobody wants them")
        await dialog.get_by_label("Speed").select_option("100 a second")
        await expect(dialog.get_by_role("button", name="Discard 1,200")).to_be_visible()
        await dialog.get_by_label("Type 1200 to go on").fill("1200")
        await dialog.get_by_role("button", name="Discard 1,200").click()
        await page.get_by_role("button", name="Start now").click()
        tag, done = page.locator(".card .tag"), page.locator(".legend .succeeded b")
        async with staying(page):
            await expect(done).not_to_have_text("0", timeout=30_000)
            await page.get_by_role("button", name="Pause").click()
            await expect(tag).to_have_text("paused")
            left = (await shop.counts())[JobState.FAILED]
            assert 0 < left < MANY
            await page.get_by_role("button", name="Resume").click()
            await expect(tag).to_have_text("running")
            await page.get_by_role("button", name="Cancel the rest").click()
            await page.get_by_role("dialog").get_by_role("button", name="Cancel the rest").click()
            await expect(tag).to_have_text("cancelled")
    assert (await shop.counts())[JobState.FAILED] > 0


async def test_replay_all_of_a_queue_on_a_phone_without_javascript(shop: Shop, visitors: Visitors):
    await shop.lose_many(3)
    shop.mend()
    async with visitors.come(look=POCKET, javascript=False) as page:
        await page.goto("/dead-letters/parcels")
        await page.get_by_role("link", name="Replay 3…").click()
        await page.get_by_role("button", name="Replay 3").click()
        await expect(page.locator("#toasts")).to_contain_text("Replayed 3 jobs.")

    async def all_shipped() -> bool:
        return len(shop.ledger) == 3

    await eventually(all_shipped, timeout=30)


async def test_a_viewer_watches_an_operation_and_cannot_touch_it(shop: Shop, visitors: Visitors):
    number = await shop.operate()
    async with visitors.come("viewer", expected=("403",)) as page:
        await page.goto(f"/operations/{number}")
        await expect(page.locator("main")).to_contain_text("it is already queued")
        answer = await page.goto("/operations/new?act=retry&state=failed")
        assert answer is not None and answer.status == 403


async def ask(page: Page, verb: str) -> None:
    """The question about all that match, from the list of jobs."""
    await page.goto(ALL)
    await is_live(page)
    await page.get_by_label("Select all on this page").check()
    await page.get_by_role("toolbar", name="Selection").get_by_text("matching").click()
    await page.get_by_role("link", name=f"{verb} all 1,200…").click()
