"""A page that changes while somebody works on it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.browser.conftest import Lab, log_in, wait_live

TICK = '<input type="checkbox" class="check" value="{0}">'
ROW = '<tr id="job-{0}"><td>' + TICK + '</td><td><a href="#">job {0}</a></td><td>{1}</td></tr>'


def rows(state: str, first: int = 0, last: int = 60) -> str:
    body = "".join(ROW.format(number, state) for number in range(first, last))
    return f'<table class="rows" id="jobs"><tbody>{body}</tbody></table>'


@pytest.fixture
def show(page: Page, lab: Lab):
    def show(html: str, until: str) -> None:
        lab.show(html)
        page.wait_for_selector(until)

    page.goto("/lab")
    wait_live(page)
    return show


def test_rows_change_in_place(page: Page, show) -> None:
    show(rows("queued"), "#job-5:has-text('queued')")
    page.evaluate("document.getElementById('job-5').mine = true")
    show(rows("running"), "#job-5:has-text('running')")
    assert page.evaluate("document.getElementById('job-5').mine") is True


def test_what_somebody_has_opened_typed_ticked_and_reached_stays(page: Page, show) -> None:
    fields = '<details id="d"><summary>more</summary>text</details><input id="i" value=""><textarea id="t"></textarea>'
    show(fields + rows("queued"), "#job-59")
    page.click("#d summary")
    page.fill("#i", "half a wo")
    page.fill("#t", "a reason")
    page.check("#job-3 input")
    page.evaluate("scrollTo(0, 400)")
    page.evaluate("document.querySelector('#job-40 a').focus({ preventScroll: true })")
    show(fields + rows("running"), "#job-5:has-text('running')")
    assert page.evaluate("document.getElementById('d').open") is True
    assert page.input_value("#i") == "half a wo"
    assert page.input_value("#t") == "a reason"
    assert page.is_checked("#job-3 input")
    assert "is-selected" in (page.get_attribute("#job-3", "class") or "")
    assert page.evaluate("document.activeElement.closest('tr').id") == "job-40"
    assert page.evaluate("scrollY") == 400


def test_typing_is_not_disturbed_by_rows_that_come_and_go(page: Page, show) -> None:
    show('<input id="i">' + rows("queued"), "#job-59")
    page.focus("#i")
    for number in range(12):
        page.keyboard.type("abcdefghijkl"[number])
        show('<input id="i">' + rows("running", number + 1, 60 + number), f"#job-{59 + number}")
    assert page.input_value("#i") == "abcdefghijkl"
    assert page.evaluate("document.activeElement.id") == "i"


def test_a_selection_holds_its_place_until_it_is_let_go(page: Page, show, lab: Lab) -> None:
    show('<p id="p">the first traceback</p>', "#p:has-text('first')")
    page.evaluate("getSelection().selectAllChildren(document.getElementById('p'))")
    lab.show('<p id="p">the second</p>')
    expect(page.locator("#live")).to_contain_text("Held")
    lab.show('<p id="p">the third</p>')
    assert page.evaluate("String(getSelection())") == "the first traceback"
    page.evaluate("getSelection().removeAllRanges()")
    page.wait_for_selector("#p:has-text('third')")
    wait_live(page)


def test_times_tick_by_themselves_in_the_viewers_zone(page: Page, show) -> None:
    at = datetime.now(UTC) - timedelta(seconds=20)
    show(f'<time id="at" datetime="{at.isoformat()}" data-when="relative">x</time>', "#at:has-text('s ago')")
    before = page.inner_text("#at")
    page.wait_for_selector(f"#at:not(:has-text('{before}'))")
    assert str(at.year) in (page.get_attribute("#at", "title") or "")


def test_a_log_that_is_read_at_its_end_stays_at_its_end(page: Page, show) -> None:
    def log(count: int) -> str:
        lines = "".join(f"<li>line {number}</li>" for number in range(count))
        return f'<ol class="log" id="log" data-keep-end tabindex="0">{lines}</ol>'

    show(log(100), "#log li:nth-child(100)")
    gap = "(() => { const l = document.getElementById('log'); return l.scrollHeight - l.scrollTop - l.clientHeight })()"
    page.evaluate("document.getElementById('log').scrollTop = 1e6")
    show(log(150), "#log li:nth-child(150)")
    assert page.evaluate(gap) < 8
    page.evaluate("document.getElementById('log').scrollTop = 300")
    show(log(200), "#log li:nth-child(200)")
    assert page.evaluate("document.getElementById('log').scrollTop") == 300


def test_a_dead_link_is_noticed_and_the_page_says_from_when_it_is(page: Page, show, lab: Lab) -> None:
    at = datetime.now(UTC)
    show(
        f'<p id="p">old</p><time id="at" datetime="{at.isoformat()}" data-when="relative">x</time>', "#at:has-text(' ')"
    )
    lab.freeze()
    try:
        begun = time.monotonic()
        page.wait_for_selector("body[data-link=lost]")
        assert time.monotonic() - begun < 7.5  # five seconds of silence, after a beat that may be two seconds off
        expect(page.locator("#lost")).to_contain_text("The connection to the console is lost. What you see is from")
        expect(page.locator("#lost")).to_contain_text("next try in")
        expect(page.locator("#at")).to_have_text(page.evaluate("new Date(at.dateTime).toTimeString().slice(0, 8)"))
        expect(page.locator(".side .health")).to_contain_text("unknown")
        lab.show('<p id="p">new</p>')
    finally:
        lab.thaw()
    page.wait_for_selector("#p:has-text('new')")
    wait_live(page)
    expect(page.locator("#lost")).to_be_hidden()
    expect(page.locator(".side .health")).not_to_contain_text("unknown")


def test_a_console_that_was_killed_and_came_back_is_caught_up_with(page: Page, show, lab: Lab) -> None:
    show('<p id="p">before</p>', "#p:has-text('before')")
    lab.kill()
    try:
        page.wait_for_selector("body[data-link=lost], body[data-link=connecting]")
        lab.show('<p id="p">after</p>')
    finally:
        lab.start()
    page.wait_for_selector("#p:has-text('after')", timeout=30_000)


def hide(page: Page, hidden: bool) -> None:
    value = "true" if hidden else "false"
    page.evaluate(f"Object.defineProperty(document, 'hidden', {{ configurable: true, get: () => {value} }})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_hidden_tab_rests_and_is_caught_up_when_it_is_seen_again(page: Page, show, lab: Lab) -> None:
    show('<p id="p">before</p>', "#p:has-text('before')")
    hide(page, True)
    expect(page.locator("#live")).to_contain_text("Resting")
    lab.show('<p id="p">after</p>')
    hide(page, False)
    page.wait_for_selector("#p:has-text('after')")
    wait_live(page)


def test_somebody_who_is_logged_out_is_told_and_led_back(page: Page, show, lab: Lab) -> None:
    other = page.context.new_page()
    other.goto("/menu")
    other.click("main [aria-label='Log out']")
    other.wait_for_url("**/login")
    hide(page, True)
    expect(page.locator("#live")).to_contain_text("Resting")
    hide(page, False)  # or the next look at the session, which takes longer
    expect(page.locator("#lost")).to_contain_text("You are logged out.")
    page.click("#lost button")
    page.wait_for_url("**/login?next=%2Flab")


def test_without_scripts_the_page_says_when_it_was_made(browser, lab: Lab) -> None:
    lab.show('<p id="p">there</p>')
    context = browser.new_context(base_url=lab.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page)
    expect(page.locator("#p")).to_have_text("there")
    expect(page.locator("#live")).to_contain_text("As of")
    page.click("text=Do it")
    expect(page.locator(".toast")).to_contain_text("It is done")
    page.click(".top [data-open=palette]:visible")
    page.wait_for_url("**/search")
    page.goto("/menu")
    page.click("main [aria-label='Dark']")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    context.close()
