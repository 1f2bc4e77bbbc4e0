from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from queueing import JobState
from tests.browser.shop import Shop
from tests.browser.visitors import Visitors, is_live, staying
from tests.eventually import eventually

PLACE = "/dead-letters/parcels"


async def test_replay_all_dead_letters_of_a_queue(shop: Shop, visitors: Visitors):
    ids = await shop.lose_parcels(4)
    shop.mend()
    async with visitors.come() as page:
        await page.goto("/")
        await page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Dead letters").click()
        await page.wait_for_url(f"**{PLACE}")
        await is_live(page)
        async with staying(page):
            await expect(tab(page)).to_have_text("4")
            await page.get_by_role("link", name="Replay 4…").click()
            dialog = page.get_by_role("dialog", name="Replay 4 dead letters?")
            await dialog.get_by_label("Reason").fill("the road is mended")
            await dialog.get_by_role("button", name="Replay 4").click()
            await expect(dialog).to_be_hidden()
            await expect(page.locator("#toasts")).to_contain_text("Replayed 4 jobs.")
            await expect(page.locator("#letters")).to_contain_text("0 rest here")
            await expect(tab(page)).to_have_text("0")
            await expect(nav_count(page)).to_have_count(0)
    for job_id in ids:
        await shop.becomes(job_id, JobState.SUCCEEDED)
    await eventually(lambda: sorted(shop.ledger) == [f"ship {order}" for order in range(1, 5)])


async def test_replay_one_dead_letter_after_reading_it(shop: Shop, visitors: Visitors):
    one, other = await shop.lose_parcels(2)
    shop.mend()
    async with visitors.come() as page:
        await page.goto(PLACE)
        await is_live(page)
        async with staying(page):
            await page.locator(f"[id='dead-{one}'] a[data-letter]").click()
            letter = page.get_by_role("complementary", name="Dead letter")
            await expect(letter).to_contain_text("the road to order 1 is closed")
            assert page.url.endswith(f"?at={one}")
            await letter.get_by_role("button", name="Replay").click()
            await expect(letter).to_contain_text("It has left the dead letters")
            await expect(letter).to_contain_text("Succeeded")
            await expect(tab(page)).to_have_text("1")
    await shop.becomes(one, JobState.SUCCEEDED)
    await shop.becomes(other, JobState.FAILED)


async def test_replay_the_selected_dead_letters(shop: Shop, visitors: Visitors):
    ids = await shop.lose_parcels(3)
    shop.mend()
    async with visitors.come() as page:
        await page.goto(PLACE)
        await is_live(page)
        bar = page.get_by_role("toolbar", name="Selection")
        await expect(bar).to_be_hidden()
        async with staying(page):
            for job_id in ids[:2]:
                await page.locator(f"[id='pick-{job_id}']").check()
            await expect(bar).to_contain_text("2 selected")
            await bar.get_by_role("button", name="Replay").click()
            await expect(page.locator("#toasts")).to_contain_text("Replayed 2 jobs.")
            await expect(tab(page)).to_have_text("1")
            await expect(bar).to_be_hidden()
    for job_id in ids[:2]:
        await shop.becomes(job_id, JobState.SUCCEEDED)
    await shop.becomes(ids[2], JobState.FAILED)


async def test_discard_the_selected_dead_letters_after_being_asked(shop: Shop, visitors: Visitors):
    ids = await shop.lose_parcels(3)
    async with visitors.come() as page:
        await page.goto(PLACE)
        await is_live(page)
        async with staying(page):
            await page.get_by_label("Select all on this page").check()
            await page.locator(f"[id='pick-{ids[0]}']").uncheck()
            await page.get_by_role("toolbar", name="Selection").get_by_role("button", name="Discard…").click()
            dialog = page.get_by_role("dialog", name="Discard 2 dead letters?")
            await dialog.get_by_role("button", name="Discard 2").click()
            await expect(page.locator("#toasts")).to_contain_text("Discarded 2 jobs.")
            await expect(tab(page)).to_have_text("1")
    assert [await shop.job(job_id) is None for job_id in ids] == [False, True, True]


async def test_edit_a_dead_letter_see_what_changes_and_send_it(shop: Shop, visitors: Visitors):
    [lost] = await shop.lose_parcels(1)
    shop.mend()
    async with visitors.come() as page:
        await page.goto(f"{PLACE}?at={lost}")
        await is_live(page)
        await page.get_by_role("link", name="Edit and enqueue").click()
        changes = page.get_by_role("region", name="What changes")
        await expect(changes).to_contain_text("it asks for the same again")
        await page.get_by_label("order").fill("77")
        await expect(changes.locator(".add")).to_contain_text("77")
        await expect(changes.get_by_role("button", name="Compare")).to_be_hidden()
        await page.get_by_role("button", name="Enqueue 1 job").click()
        await expect(page.locator("#toasts")).to_contain_text("The dead letter is discarded.")
        await expect(page.locator("#job-details")).to_contain_text("Made from")
    assert await shop.job(lost) is None


async def test_look_at_a_message_in_the_broker_and_replay_it(shop: Shop, visitors: Visitors):
    [lost] = await shop.lose_parcels(1)
    shop.mend()
    async with visitors.come() as page:
        await page.goto(f"{PLACE}/broker")
        message = page.locator("#resting tbody tr").filter(has_text=lost[-8:])
        await message.get_by_role("link", name="ship").click()
        await expect(page.get_by_label("Body")).to_contain_text(lost)
        await message.get_by_role("checkbox").check()
        await page.get_by_role("button", name="Replay the ticked").click()
        await expect(page.locator("#toasts")).to_contain_text("Replayed 1 message.")
    await shop.becomes(lost, JobState.SUCCEEDED)


def tab(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Dead-letter queues").locator("[aria-current] .n")


def nav_count(page: Page) -> Locator:
    return page.locator("#live-frame-nav a", has_text="Dead letters").locator(".n")
