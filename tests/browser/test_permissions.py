from __future__ import annotations

import pytest
from playwright.async_api import expect

from queueing import JobState
from tests.browser.shop import Shop
from tests.browser.visitors import Role, Visitors, is_live

OWN = ":not([name=density], .save-view, .save-view *)"
"""How somebody looks at lists is their own affair."""
ACTS = f"main :is([form=act], [form=selection], form[method=post], a[data-dialog]){OWN}"


async def test_a_viewer_sees_no_buttons(shop: Shop, visitors: Visitors):
    [dead] = await shop.lose_parcels(1)
    running = await shop.add("wrap", order=1)
    await shop.becomes(running, JobState.RUNNING)
    letter = f"/dead-letters/parcels?at={dead}"
    places = ("/", "/jobs", letter, "/queues", "/queues/parcels", "/workers", f"/jobs/{dead}", f"/jobs/{running}")
    async with visitors.come("viewer") as page, visitors.come("admin") as admin:
        for place in places:
            await page.goto(place)
            await expect(page.locator("main")).to_be_visible()
            assert await page.locator(ACTS).count() == 0, place
        await expect(page.get_by_role("link", name="Enqueue")).to_have_count(0)
        # Nor does an update bring any.
        await is_live(page)
        await shop.tie(1)
        await expect(page.locator("#job-head .state")).to_have_text("Succeeded")
        assert await page.locator(ACTS).count() == 0
        # The search for buttons finds those that there are.
        for place in places[1:]:
            await admin.goto(place)
            assert await admin.locator(ACTS).count() > 0, place


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_who_may_not_purge_is_told_so(shop: Shop, visitors: Visitors, role: Role):
    await shop.lose_parcels(1)
    async with visitors.come(role, expected=("403",)) as page:
        answer = await page.goto("/queues/parcels/purge")
        assert answer is not None and answer.status == 403
        await expect(page.get_by_role("main")).to_contain_text("pause, purge and delete queues")
