from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from queueing import JobOptions
from tests.browser.shop import Shop
from tests.browser.visitors import DESK, POCKET, Look, Visitors, is_live, staying

HEAD = "#failure-head"
COUNT = "td.num b"


async def fail(shop: Shop, count: int, *, first: int = 1) -> str:
    """Parcels that fail alike, and the group they are in."""
    return await shop.group_of((await shop.lose_parcels(count, first=first))[-1])


async def say(page: Page, text: str) -> None:
    await expect(page.locator("#toasts")).to_contain_text(text)


async def test_retry_a_group_by_clicking_and_see_its_count_fall(shop: Shop, visitors: Visitors):
    group = await fail(shop, 3)
    async with visitors.come() as page:
        await page.goto("/failures")
        await is_live(page)
        row = page.locator(f"#group-{group}")
        await expect(row.locator(COUNT)).to_have_text("3")
        async with staying(page):
            shop.mend()
            await row.hover()
            await row.get_by_role("link", name="Retry the jobs of").click()
            await page.get_by_label("Reason").fill("the road is mended")
            await page.get_by_role("button", name="Retry 3").click()
            await say(page, "Retried 3 jobs.")
            await expect(row.locator(COUNT)).to_have_text("0")
            await expect(row).to_contain_text("none failed now")
            await expect(page.locator("nav.tabs")).to_contain_text("Open0")
    assert sorted(shop.ledger) == ["ship 1", "ship 2", "ship 3"]


@pytest.mark.parametrize("look", [DESK, POCKET], ids=str)
async def test_follow_a_failed_job_to_its_group_and_retry_them_all(shop: Shop, visitors: Visitors, look: Look):
    [*jobs] = await shop.lose_parcels(2)
    await shop.group_of(jobs[1])
    async with visitors.come(look=look) as page:
        await page.goto(f"/jobs/{jobs[0]}")
        await page.get_by_role("link", name="all that failed like this").click()
        await is_live(page)
        await expect(page.locator("#failure-sample")).to_contain_text("raise ConnectionError")
        async with staying(page):
            shop.mend()
            await page.locator(HEAD).get_by_role("link", name="Retry 2").click()
            await page.get_by_role("button", name="Retry 2").click()
            await say(page, "Retried 2 jobs.")
            for job in jobs:
                await expect(page.locator(f"[id='job-{job}']")).to_contain_text("now succeeded")
            await expect(page.locator(HEAD).get_by_role("link", name="Retry")).to_have_count(0)


async def test_a_group_grows_under_the_eyes_of_its_reader(shop: Shop, visitors: Visitors):
    group = await fail(shop, 1)
    async with visitors.come("viewer") as page:
        await page.goto("/failures")
        await is_live(page)
        async with staying(page):
            row = page.locator(f"#group-{group}")
            await expect(row.locator(COUNT)).to_have_text("1")
            await shop.lose_parcels(1, first=7)
            await expect(row.locator(COUNT)).to_have_text("2")
            await shop.add("wrap", options=JobOptions(max_attempts=1))
            await expect(page.locator("#new")).to_have_text("1 new")
            await expect(page.locator("#groups tbody tr")).to_have_count(1)
        await page.locator("#new").click()
        await expect(page.locator("#groups tbody tr")).to_have_count(2)


async def test_mute_a_group_and_find_it_again(shop: Shop, visitors: Visitors):
    group = await fail(shop, 1)
    async with visitors.come() as page:
        await page.goto(f"/failures/{group}")
        await is_live(page)
        async with staying(page):
            await page.locator(HEAD).get_by_role("link", name="Mute").click()
            await page.get_by_label("For how long").select_option("For a week")
            await page.get_by_role("button", name="Mute").click()
            await say(page, "Muted for a week.")
            await expect(page.locator(HEAD)).to_contain_text("By console:operator.")
        await page.goto("/failures?show=muted")
        row = page.locator(f"#group-{group}")
        await row.hover()
        await row.get_by_role("button", name="Unmute").click()
        await say(page, "Unmuted.")
        await expect(row).to_contain_text("open again")


async def test_leave_a_note_that_survives_what_happens_while_it_is_written(shop: Shop, visitors: Visitors):
    group = await fail(shop, 1)
    async with visitors.come() as page:
        await page.goto(f"/failures/{group}")
        await is_live(page)
        await page.get_by_role("textbox", name="Note").fill("closed until Monday")
        await shop.lose_parcels(1, first=8)
        await expect(page.locator("#failure-details")).to_contain_text("Failed now2")
        await page.get_by_role("button", name="Keep the note").click()
        await say(page, "The note is kept.")
        await expect(page.get_by_role("textbox", name="Note")).to_have_value("closed until Monday")


async def test_discard_a_group_only_with_a_reason(shop: Shop, visitors: Visitors):
    group = await fail(shop, 2)
    async with visitors.come(expected=("422",)) as page:
        await page.goto(f"/failures/{group}")
        await is_live(page)
        async with staying(page):
            await page.keyboard.press("d")
            await page.get_by_role("dialog").get_by_role("button", name="Discard 2").click()
            await expect(page.get_by_role("dialog")).to_contain_text("Nothing was discarded.")
            await page.get_by_label("Reason").fill("sent by hand")
            await page.get_by_role("dialog").get_by_role("button", name="Discard 2").click()
            await say(page, "Discarded 2 jobs.")
            await expect(page.locator("#failure-details")).to_contain_text("Failed now0")


async def test_without_javascript_a_group_is_filtered_muted_noted_and_retried(shop: Shop, visitors: Visitors):
    group = await fail(shop, 2)
    shop.mend()
    async with visitors.come(javascript=False) as page:
        await page.goto("/failures")
        await page.get_by_label("Filter groups").fill("road closed type:ship")
        await page.get_by_label("Filter groups").press("Enter")
        await expect(page.locator("#groups tbody tr")).to_have_count(1)
        await page.locator(f"#group-{group} td.fill a").click()
        await page.get_by_role("textbox", name="Note").fill("mended")
        await page.get_by_role("button", name="Keep the note").click()
        await say(page, "The note is kept.")
        await page.locator(HEAD).get_by_role("link", name="Mute").click()
        await page.get_by_role("button", name="Mute").click()
        await say(page, "Muted for a day.")
        await page.get_by_role("button", name="Unmute").click()
        await say(page, "Unmuted.")
        await page.locator(HEAD).get_by_role("link", name="Retry 2").click()
        await page.get_by_role("button", name="Retry 2").click()
        await say(page, "Retried 2 jobs.")


async def test_the_tab_shows_that_something_fails_until_it_does_not(shop: Shop, visitors: Visitors):
    async with visitors.come() as page:
        await page.goto("/jobs")
        await is_live(page)
        await expect(page).to_have_title("Jobs · Leveret")
        icon = page.locator("link[rel=icon]")
        await expect(icon).to_have_attribute("href", re.compile(r"favicon[.\w]*\.svg$"))
        async with staying(page):
            group = await fail(shop, 1)
            await expect(page).to_have_title("(1) Jobs · Leveret")
            await expect(icon).to_have_attribute("href", re.compile("favicon-failing"))
            answer = await page.request.get(await icon.get_attribute("href") or "")
            assert "svg" in answer.headers["content-type"] and "<circle" in await answer.text()
            await shop.cluster.operations.mute_group(group, seconds=None, by="test")
            await expect(page).to_have_title("Jobs · Leveret")
            await expect(icon).not_to_have_attribute("href", re.compile("failing"))
