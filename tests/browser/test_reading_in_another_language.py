"""The console in German: chosen, loaded, pushed and acted on."""

from __future__ import annotations

import re

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from queueing import JobState
from tests.browser.shop import PASSWORD, Shop
from tests.browser.visitors import Visitors, is_live

# Written by the script, which has put it into the browser's zone: it names none.
GERMAN_DATE = re.compile(r"^\d{1,2}\. \w{3,5}\.? \d{4}, [\d:]{8}$")


async def test_read_the_console_in_german(shop: Shop, visitors: Visitors):
    [job_id] = await shop.lose_parcels(1)
    shop.mend()
    async with visitors.come(None) as page:
        await page.goto("/login")
        await page.get_by_role("button", name="Deutsch").click()
        await expect(page.get_by_role("button", name="Anmelden")).to_be_visible()
        await page.get_by_label("Name").fill("operator")
        await page.get_by_label("Passwort").fill(PASSWORD)
        await page.get_by_role("button", name="Anmelden").click()
        await expect(page.get_by_role("heading", name="Übersicht")).to_be_visible()
        await page.goto(f"/jobs/{job_id}")
        await expect(page.locator("html")).to_have_attribute("lang", "de")
        await expect(page.locator("#job-head .state")).to_have_text("Fehlgeschlagen")
        await is_live(page)
        await page.get_by_role("button", name="Wiederholen").first.click()
        await expect(page.locator("#toasts")).to_contain_text("1 Job wiederholt.")
        await shop.becomes(job_id, JobState.SUCCEEDED)
        # By a push: the page was not loaded again.
        await expect(page.locator("#job-head .state")).to_have_text("Erfolgreich")
        await expect(page.locator("time[data-when=relative]").first).to_contain_text("vor")
        await expect(page.locator("time[data-when]").first).to_have_attribute("title", GERMAN_DATE)
        found = await Axe().run(page, options={"runOnly": ["cat.language"]})
        assert found.violations_count == 0, found.generate_report()


DRAWN = """
window.drawn = [];
const fill = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
  window.drawn.push(String(text));
  return fill.call(this, text, ...rest);
};
"""
ENGLISH_FIGURE = re.compile(r"\d\.\d")


async def test_charts_and_their_legends_write_figures_as_german_does(shop: Shop, visitors: Visitors):
    [job_id] = await shop.lose_parcels(1)
    shop.mend()
    await shop.becomes(job_id, JobState.FAILED)
    async with visitors.come(reads="de-DE") as page:
        await page.add_init_script(DRAWN)
        await page.goto("/")
        # The axis of failures goes to a tenth or less a second.
        await page.wait_for_function("window.drawn.some((text) => /^0,\\d/.test(text))")
        drawn = " ".join(await page.evaluate("window.drawn"))
        legends = " ".join(await page.locator(".legend").all_inner_texts())
        assert not ENGLISH_FIGURE.search(f"{drawn} {legends}")
        assert re.search(r"\d,\d", legends)


async def test_go_back_to_english_from_the_menu(shop: Shop, visitors: Visitors):
    async with visitors.come() as page:
        await page.goto("/menu")
        for name, title in (("Deutsch", "Mehr"), ("English", "More")):
            await page.locator("main").get_by_role("button", name=name).click()
            await expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
            await expect(page.locator("main").get_by_role("button", name=name)).to_have_attribute(
                "aria-pressed", "true"
            )
