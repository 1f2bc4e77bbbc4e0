"""Live pages do not move under those who read, select or type."""

from __future__ import annotations

from playwright.async_api import expect

from queueing import JobState
from tests.browser.shop import Shop
from tests.browser.visitors import Visitors, is_live, staying

TOP = "document.querySelector('[id=\"job-{0}\"]').getBoundingClientRect().top"


async def test_new_rows_wait_behind_the_pill(shop: Shop, visitors: Visitors):
    first = await shop.add("greet", name="Ada")
    await shop.becomes(first, JobState.SUCCEEDED)
    async with visitors.come() as page:
        await page.goto("/jobs")
        await is_live(page)
        before = await page.evaluate(TOP.format(first))
        second = await shop.add("greet", name="Mira")
        async with staying(page):
            await expect(page.locator(".pill")).to_have_text("1 new")
            assert await page.evaluate(TOP.format(first)) == before, "the pill moved the rows"
            await expect(page.locator(f"[id='job-{second}']")).to_have_count(0)
        await page.locator(".pill").click()
        await expect(page.locator(f"[id='job-{second}']")).to_be_visible()
        await expect(page.locator(".pill")).to_have_count(0)


async def test_new_rows_come_by_themselves_where_somebody_follows(shop: Shop, visitors: Visitors):
    first = await shop.add("greet", name="Ada")
    await shop.becomes(first, JobState.SUCCEEDED)
    async with visitors.come() as page:
        await page.goto("/jobs")
        await page.get_by_role("switch", name="Follow").click()
        await expect(page.get_by_role("switch", name="Follow")).to_be_checked()
        await is_live(page)
        async with staying(page):
            second = await shop.add("greet", name="Mira")
            await expect(page.locator(f"[id='job-{second}']")).to_be_visible()


async def test_rows_do_not_move_while_someone_selects(shop: Shop, visitors: Visitors):
    [job_id] = await shop.lose_parcels(1)
    async with visitors.come() as page:
        await page.goto("/jobs")
        await is_live(page)
        row = page.locator(f"[id='job-{job_id}']")
        async with staying(page):
            await row.locator(".id").evaluate("(id) => getSelection().selectAllChildren(id)")
            shop.mend()
            await shop.cluster.operations.retry([job_id], by="test")
            await shop.becomes(job_id, JobState.SUCCEEDED)
            await expect(page.locator("#live")).to_contain_text("Held")
            await expect(row).to_contain_text("Failed")
            assert await page.evaluate("getSelection().toString()") == job_id[-8:]
            await page.evaluate("getSelection().removeAllRanges()")
            await expect(row).to_contain_text("Succeeded")
            await expect(page.locator("#live")).to_contain_text("Live")


async def test_rows_do_not_move_while_someone_ticks_in_a_list_that_follows(shop: Shop, visitors: Visitors):
    first = await shop.add("greet", name="Ada")
    await shop.becomes(first, JobState.SUCCEEDED)
    async with visitors.come() as page:
        await page.goto("/jobs?follow=1")
        await is_live(page)
        async with staying(page):
            await page.locator(f"[id='pick-{first}']").check()
            before = await page.evaluate(TOP.format(first))
            second = await shop.add("greet", name="Mira")
            await expect(page.locator("#live")).to_contain_text("Held")
            assert await page.evaluate(TOP.format(first)) == before
            await expect(page.locator(f"[id='job-{second}']")).to_have_count(0)
            await page.locator(f"[id='pick-{first}']").uncheck()
            await expect(page.locator(f"[id='job-{second}']")).to_be_visible()
            await expect(page.locator("#live")).to_contain_text("Live")


async def test_focus_a_tick_and_typed_text_survive_an_update(shop: Shop, visitors: Visitors):
    kept, retried = await shop.lose_parcels(2)
    async with visitors.come() as page:
        await page.goto("/dead-letters/parcels")
        await is_live(page)
        async with staying(page):
            await page.locator(f"[id='pick-{kept}']").check()
            filter_ = page.get_by_label("Filter dead letters")
            await filter_.press_sequentially("shi")
            shop.mend()
            await shop.cluster.operations.retry([retried], by="test")
            await expect(page.locator(f"[id='dead-{retried}']")).to_contain_text("it has left the dead letters")
            await expect(filter_).to_be_focused()
            await filter_.press_sequentially("p")
            await expect(filter_).to_have_value("ship")
            await expect(page.locator(f"[id='pick-{kept}']")).to_be_checked()


async def test_an_opened_and_a_closed_detail_survive_an_update(shop: Shop, visitors: Visitors):
    [job_id] = await shop.lose_parcels(1)
    await shop.cluster.operations.retry([job_id], by="test")
    await shop.becomes(job_id, JobState.FAILED)
    async with visitors.come() as page:
        await page.goto(f"/jobs/{job_id}")
        await is_live(page)
        # The newest is open and the one before is not, when the page comes; a person sees to the contrary.
        newest, before = await page.locator("#job-story details.attempt").evaluate_all("all => all.map(one => one.id)")
        is_open = f"[...document.querySelectorAll('#{newest}, #{before}')].map(one => one.open)"
        assert await page.evaluate(is_open) == [True, False]
        async with staying(page):
            for name in (newest, before):
                await page.locator(f"#{name} > summary").click(position={"x": 8, "y": 8})
            assert await page.evaluate(is_open) == [False, True]
            shop.mend()
            await shop.cluster.operations.retry([job_id], by="test")
            await expect(page.locator("#job-story details.attempt")).to_have_count(3)
            await expect(page.locator("#job-head .state")).to_have_text("Succeeded")
            assert await page.evaluate(is_open) == [False, True]
