"""Finding a job among many: typing, choosing, searching, stopping, coming back."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Route, expect

from queueing import JobOptions, JobState
from tests.browser.shop import Shop
from tests.browser.visitors import POCKET, Visitors, is_live, staying

MANY = 1_200
LISTEN = """() => {
  const say = document.getElementById("say");
  window.announced = [];
  new MutationObserver(() => announced.push(say.textContent)).observe(say, { childList: true });
}"""
"""What a screen reader would read out from now on."""
LATER = JobOptions(delay=3600)


async def test_find_a_job_by_an_argument(shop: Shop, visitors: Visitors):
    wanted = await shop.add("ship", order=17, options=LATER)
    other = await shop.add("ship", order=18, options=LATER)
    async with visitors.come() as page:
        await page.goto("/jobs?state=scheduled")
        await is_live(page)
        await page.keyboard.press("/")
        await page.keyboard.type("args.or")
        await expect(page.get_by_role("option", name="args.order:")).to_be_visible()
        await page.keyboard.press("Tab")
        await expect(page.get_by_label("Filter jobs")).to_have_value("args.order:")
        await page.get_by_role("option", name="args.order:17").click()
        await page.keyboard.press("Enter")
        await expect(page.locator(f"[id='job-{wanted}']")).to_be_visible()
        await expect(page.locator(f"[id='job-{other}']")).to_have_count(0)
        await expect(page.locator("#searching")).to_contain_text("1 found")
        await page.get_by_label("Remove args.order:17").click()
        await expect(page.locator(f"[id='job-{other}']")).to_be_visible()


async def test_stop_a_search_and_go_on_with_it(shop: Shop, visitors: Visitors):
    await shop.lose_many(MANY)
    asked: list[str] = []
    answered = asyncio.Event()

    async def step(route: Route) -> None:
        """The first step is held back until the search was stopped."""
        asked.append(route.request.url)
        if len(asked) == 1:
            await answered.wait()
        with contextlib.suppress(PlaywrightError):  # the page has given it up
            await route.continue_()

    async with visitors.come(expected=("net::ERR_FAILED",)) as page:
        await page.route(re.compile(r"/jobs\?.*found="), step)
        await page.goto("/jobs?state=failed&q=args.order:99999")
        banner = page.locator("#searching")
        await banner.get_by_role("button", name="Stop").click()
        await expect(banner.get_by_role("link", name="Search on")).to_be_focused()
        looked = await banner.get_attribute("data-looked")
        answered.set()
        await is_live(page)
        await expect(banner.get_by_role("button", name="Stop")).to_be_hidden()
        assert (len(asked), await banner.get_attribute("data-looked")) == (1, looked), "it went on"
        await page.evaluate(LISTEN)
        began = time.monotonic()
        await banner.get_by_role("link", name="Search on").click()
        await expect(banner).to_contain_text(f"Looked at all {MANY:,} jobs: 0 found")
        await expect(page.get_by_role("status")).to_contain_text(f"{MANY:,} jobs looked at, 0 found")
        announced, steps = await page.evaluate("announced"), len(asked) - 1
        assert steps > 2, "there was something to leave out"
        assert len(announced) <= 2 + (time.monotonic() - began) / 10, "at its start, each ten seconds, and at its end"


async def test_find_a_job_on_a_phone_and_without_scripts(shop: Shop, visitors: Visitors):
    wanted = await shop.add("ship", order=17, options=LATER)
    for javascript in (True, False):
        async with visitors.come(look=POCKET, javascript=javascript) as page:
            await page.goto("/jobs?state=scheduled")
            await page.get_by_label("Filter jobs").fill("args.order:17")
            await page.get_by_label("Filter jobs").press("Enter")
            await expect(page.locator(f"[id='job-{wanted}']")).to_be_visible()


async def test_a_word_that_is_wrong_is_marked_and_can_be_corrected(shop: Shop, visitors: Visitors):
    async with visitors.come() as page:
        await page.goto("/jobs")
        await page.get_by_label("Filter jobs").fill("quue:post")
        await page.get_by_label("Filter jobs").press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("did you mean queue:?")
        await expect(page.get_by_label("Filter jobs")).to_be_focused()
        await page.get_by_label("Filter jobs").fill("queue:post")
        await page.get_by_label("Filter jobs").press("Enter")
        await expect(page.get_by_label("Remove queue:post")).to_be_visible()


async def test_select_a_range_with_shift(shop: Shop, visitors: Visitors):
    ids = [await shop.add("ship", order=order, options=LATER) for order in range(5)]
    async with visitors.come() as page:
        await page.goto("/jobs?state=scheduled")
        await is_live(page)
        await page.locator(f"[id='pick-{ids[3]}']").click()
        await page.locator(f"[id='pick-{ids[1]}']").click(modifiers=["Shift"])
        ticked = "[...document.querySelectorAll('tbody .check:checked')].map(box => box.value)"
        assert set(await page.evaluate(ticked)) == set(ids[1:4])


async def test_save_a_view_and_come_back_to_it(shop: Shop, visitors: Visitors):
    job_id = await shop.add("ship", order=1, options=LATER)
    async with visitors.come() as page:
        await page.goto("/jobs?state=scheduled&q=args.order:1")
        await page.locator("summary", has_text="Views").click()
        await page.get_by_label("Name of the view").fill("First orders")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#toasts")).to_contain_text("Saved as First orders.")
        await page.goto("/jobs")
        await page.locator("summary", has_text="Views").click()
        await page.get_by_role("link", name="First orders").click()
        await expect(page.locator(f"[id='job-{job_id}']")).to_be_visible()
        await page.locator("summary", has_text="Views").click()
        await page.get_by_label("Remove the view First orders").click()
        await expect(page.locator("#toasts")).to_contain_text("Removed the view First orders.")


async def test_a_chart_is_renewed_without_being_drawn_anew(shop: Shop, visitors: Visitors):
    await shop.becomes(await shop.add("greet", name="Ada"), JobState.SUCCEEDED)
    async with visitors.come() as page:
        await page.goto("/")
        await is_live(page)
        canvas = page.locator("#chart-throughput canvas")
        await expect(canvas).to_be_visible()
        await canvas.evaluate("canvas => { canvas.dataset.mine = 'yes'; }")
        before = await page.locator("#series").text_content()
        async with staying(page):
            await expect(page.locator("#series")).not_to_have_text(before or "", timeout=40_000)
            await expect(canvas).to_have_attribute("data-mine", "yes")
