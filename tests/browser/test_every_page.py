"""Every page that the console has, in both themes and at both widths: nothing breaks, scrolls sideways or shuts out."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from django.urls import URLPattern
from playwright.async_api import Page, expect

from dashboard.urls import urlpatterns
from queueing import JobOptions, JobState
from tests.browser.shop import Shop
from tests.browser.visitors import DESK, LOOKS, POCKET, Look, Visitors, is_live

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
"""In the dark theme nothing else differs from the light one."""
NOT_PAGES = {
    "healthz",
    "livez",
    "enqueue_draft",
    "job_suggestions",
    "languages",
    "login",
    "logout",
    "operation_new",
    "operation_results",
}
NOT_PAGES |= {"dead_letter_exports", "failure_exports", "job_exports", "operation_exports", "metrics"}
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CUT_OFF = """[...document.querySelectorAll("table.rows")]
  .map((table) => table.scrollWidth - table.parentElement.clientWidth).filter((over) => over > 1)"""
"""Pixels of tables that their cards hide."""
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Charts take the page's new width with the next frame."""
ROUTE = re.compile(r"<\w+:(\w+)>")


@dataclass(frozen=True)
class Sample:
    """One of each thing that a page can be about."""

    failed: str
    running: str
    waiting: str
    worker: str
    group: str
    operation: str
    schedule: str
    preset: str

    def places(self) -> Iterator[str]:
        about = {"job_id": self.failed, "queue": "parcels", "worker": self.worker, "group": self.group}
        # Each who comes has logged in before, so there is an entry.
        about |= {"operation": self.operation, "schedule": self.schedule, "entry": "1", "preset": self.preset}
        for pattern in urlpatterns:
            if is_page(pattern):
                yield "/" + ROUTE.sub(lambda found: about[found[1]], str(pattern.pattern))
        yield from (f"/jobs/{self.running}", f"/jobs/{self.waiting}", "/jobs/none-such", "/jobs?state=failed&type=none")
        yield from ("/jobs?state=failed&q=what", f"/dead-letters/parcels?at={self.failed}", "/search?q=ship")
        yield from (f"/dead-letters/parcels/discard?job={self.failed}", f"/workers?at={self.worker}")
        yield from ("/failures?show=muted", "/failures?show=quiet", "/failures?q=what", "/failures/none-such")
        yield from ("/audit?q=what:ever", "/audit?who=nobody", "/schedules/none-such")
        yield from (f"/operations/new?act={act}&state=failed" for act in ("replay", "discard"))
        yield from ("/enqueue?type=wrap", f"/enqueue?preset={self.preset}", f"/enqueue?from={self.failed}")


def is_page(pattern: URLPattern) -> bool:
    """A view that acts answers POST alone, and is no page."""
    acts = getattr(pattern.callback, "acts", False)
    return pattern.name not in NOT_PAGES and not str(pattern.name).endswith("_exports") and not acts


@pytest_asyncio.fixture(loop_scope="package")
async def sample(shop: Shop) -> AsyncIterator[Sample]:
    [failed] = await shop.lose_parcels(1)
    await shop.becomes(await shop.add("greet", name="Ada"), JobState.SUCCEEDED)
    running = await shop.becomes(await shop.add("wrap", order=1, notes=["fragile"]), JobState.RUNNING)
    waiting = await shop.add("ship", order=9, options=JobOptions(delay=3600, tags=("eu", "express")))
    yield Sample(
        failed,
        running.id,
        waiting,
        running.worker or "",
        await shop.group_of(failed),
        await shop.operate(),
        await shop.schedule(),
        await shop.preset(),
    )


@pytest.mark.timeout(600)  # some forty pages, each with axe, on a machine that runs other tests
@pytest.mark.parametrize("width", [DESK.width, POCKET.width])
async def test_every_page_is_whole(sample: Sample, visitors: Visitors, width: int):
    flaws: dict[str, str] = {}
    async with visitors.come("admin", look=Look(width, "light"), expected=("404",)) as page:
        for place in sample.places():
            await page.emulate_media(color_scheme="light")
            answer = await page.goto(place)
            assert answer is not None and answer.status == (404 if "none-such" in place else 200), place
            await is_live(page)
            flaws[place] = await flaw_of(page)
            # The theme follows the system at once: nothing else of the page would change by loading it anew.
            await page.emulate_media(color_scheme="dark")
            flaws[f"{place} in the dark"] = await flaw_of(page, POCKET)
    tell(flaws)


@pytest.mark.timeout(600)
async def test_every_page_has_room_for_german(sample: Sample, visitors: Visitors):
    flaws: dict[str, str] = {}
    async with visitors.come("admin", reads="de-DE", expected=("404",)) as page:
        for place in sample.places():
            await page.set_viewport_size(DESK.size)
            await page.goto(place)
            await expect(page.locator("html")).to_have_attribute("lang", "de")
            for look in (DESK, Look(1280, "light"), POCKET):
                await page.set_viewport_size(look.size)
                await page.evaluate(DRAWN)
                if (over := await page.evaluate(SIDEWAYS)) > 0:
                    flaws[f"{place} at {look.width} px"] = f"It scrolls sideways by {over} px."
                if cut := await page.evaluate(CUT_OFF):
                    flaws[f"{place}, a table at {look.width} px"] = f"Its last {cut} px are not seen."
    tell(flaws)


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_the_login_page_is_whole(visitors: Visitors, look: Look):
    async with visitors.come(None, look=look, expected=("401",)) as page:
        await page.goto("/login?next=/jobs")
        flaws = {"before": await flaw_of(page, look)}
        await page.get_by_label("Name").fill("nobody")
        await page.get_by_label("Password").fill("a guess")
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("alert")).to_contain_text("do not match")
        flaws["after"] = await flaw_of(page, look)
    tell(flaws)


@pytest.mark.parametrize("look", [DESK, POCKET], ids=str)
async def test_every_question_is_whole(sample: Sample, visitors: Visitors, look: Look):
    questions = {
        f"/jobs/{sample.failed}": "#job-head button:has-text('Discard')",
        "/dead-letters/parcels": "a[data-dialog]:has-text('Replay')",
        f"/dead-letters/parcels?at={sample.failed}": "aside a[data-dialog]:has-text('Discard')",
        f"/failures/{sample.group}": "#failure-head a[data-dialog]:has-text('Discard')",
        f"/schedules/{sample.schedule}": "main a[data-dialog]",
        "/queues/parcels": "main a[data-dialog]:has-text('Purge')",
    }
    flaws: dict[str, str] = {}
    async with visitors.come("admin", look=look) as page:
        for place, button in questions.items():
            await page.goto(place)
            await is_live(page)
            await page.locator(button).click()
            await expect(page.locator("dialog#ask")).to_be_visible()
            flaws[place] = await flaw_of(page, look)
            await page.keyboard.press("Escape")
            await expect(page.locator("dialog#ask")).to_be_hidden()
            await expect(page.locator(button)).to_be_focused()
    tell(flaws)


async def test_a_flaw_would_be_found(shop: Shop, visitors: Visitors):
    with pytest.raises(AssertionError, match="Content Security Policy"):
        async with visitors.come() as page:
            await page.goto("/jobs")
            await page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: '1'}))")
            await page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=/x>')")
            await page.evaluate("document.querySelector('main').style.width = '2000px'")
            flaw = await flaw_of(page)
            assert "image-alt" in flaw and "sideways" in flaw


async def flaw_of(page: Page, look: Look = DESK) -> str:
    found = await Axe().run(page, options=RULES if look.theme == "light" else COLOURS)
    flaw = str(found.generate_report()) if found.violations_count else ""
    if await page.evaluate(SIDEWAYS) > 0:
        flaw += f"\nIt scrolls sideways by {await page.evaluate(SIDEWAYS)} px."
    return flaw


def tell(flaws: Mapping[str, str]) -> None:
    if any(flaws.values()):
        pytest.fail("\n\n".join(f"{place}: {flaw}" for place, flaw in flaws.items() if flaw), pytrace=False)
