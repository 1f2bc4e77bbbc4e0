from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.dashboard.browser.conftest import Lab, log_in, wait_live

WIDTHS = (360, 390, 899, 900, 1099, 1100, 1440, 1920)


@pytest.fixture(autouse=True)
def empty_lab(lab: Lab) -> None:
    lab.show("<p>nothing</p>")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/menu", "/keys", "/search?q=o", "/lab"])
def test_the_frame_has_no_flaw_that_axe_knows(page: Page, path: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(path)
        wait_live(page)
        found = Axe().run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", ["palette", "menu", "keys"])
def test_dialogs_have_no_flaw_that_axe_knows(page: Page, name: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/lab")
    wait_live(page)
    if name == "keys":
        page.keyboard.press("?")
    else:
        page.click(f"[data-open={name}]:visible")
    page.wait_for_selector("dialog[open] :is(.item, kbd, [aria-pressed]):visible")
    found = Axe().run(page, context="dialog[open]")
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("path", ["/menu", "/keys", "/search?q=o", "/lab"])
def test_nothing_scrolls_sideways(page: Page, path: str) -> None:
    page.goto(path)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_act_is_answered_by_a_toast_and_the_page_stays(page: Page) -> None:
    page.goto("/lab")
    wait_live(page)
    page.evaluate("window.here = true")
    page.click("text=Do it")
    toast = page.locator(".toast")
    expect(toast).to_contain_text("It is done")
    expect(toast).to_contain_text("Quite so.")
    assert page.evaluate("window.here") is True
    toast.get_by_label("Close").click()
    expect(toast).to_have_count(0)


def test_what_asks_first_does_nothing_when_it_is_kept(page: Page) -> None:
    page.goto("/lab")
    wait_live(page)
    page.click("text=Ask first")
    expect(page.locator("#ask")).to_contain_text("It cannot be undone.")
    page.click("#ask >> text=Keep it")
    expect(page.locator("#ask")).to_be_hidden()
    page.click("text=Ask first")
    page.keyboard.press("Escape")
    expect(page.locator(".toast")).to_have_count(0)
    page.click("text=Ask first")
    page.click("#ask >> text=Do it")
    expect(page.locator(".toast")).to_have_count(1)


def test_the_theme_is_there_before_anything_is_painted(page: Page) -> None:
    page.goto("/lab")
    wait_live(page)
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.keyboard.press("t")
    page.goto("/lab", wait_until="commit")
    assert '<html lang="en" data-theme="dark">' in page.content()


def test_keys_lead_through_the_console_and_leave_typing_alone(page: Page) -> None:
    page.goto("/lab")
    wait_live(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("gj t ?")
    expect(page.locator("#palette input")).to_have_value("gj t ?")
    expect(page.locator("html")).not_to_have_attribute("data-theme", "light")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("w")
    page.wait_for_url("**/workers")


def test_the_palette_goes_where_its_line_says(page: Page) -> None:
    page.goto("/lab")
    wait_live(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("queu")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Queues")
    page.keyboard.press("Enter")
    page.wait_for_url("**/queues")


def test_single_keys_that_are_off_do_nothing(page: Page) -> None:
    page.goto("/keys")
    wait_live(page)
    page.click("text=Turn single keys off")
    page.wait_for_selector("html[data-keys=off]")
    page.keyboard.press("g")
    page.keyboard.press("w")
    page.keyboard.press("t")
    expect(page.locator("html")).not_to_have_attribute("data-theme", "light")
    assert page.url.endswith("/keys")


def test_focus_returns_to_where_a_dialog_was_opened(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/lab")
    wait_live(page)
    page.focus(".dock [data-open=menu]")
    page.keyboard.press("Enter")
    expect(page.locator("#menu")).to_be_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.open") == "menu"


def test_an_admin_sees_the_page_of_another_role_at_once_after_logging_in_again(page: Page) -> None:
    page.context.clear_cookies()
    log_in(page, "ada", to="/menu")
    expect(page.locator("main")).to_contain_text("Admin")
