from __future__ import annotations

import asyncio
import time

from dashboard.access import Viewer
from dashboard.live.hub import Hub
from queueing.domain.reading import Hint
from queueing.errors import StoreUnavailable
from tests.dashboard.live.conftest import ALL, Browser, ManualSource, Pages, watched
from tests.eventually import eventually


async def settled(hub: Hub, pages: Pages) -> int:
    """How often was rendered, once nothing is rendered any more."""

    async def still() -> bool:
        before = len(pages.rendered)
        await asyncio.sleep(0.12)  # more than two intervals: nothing that was due is left out
        return len(pages.rendered) == before

    await eventually(still)
    return len(pages.rendered)


async def test_whoever_comes_is_told_how_it_looks_now(hub: Hub) -> None:
    browser = Browser()
    hub.watch(watched("jobs"), browser)
    await eventually(lambda: browser.htmls == ["<p>one</p>"])


async def test_a_change_is_told_to_all_and_rendered_once(hub: Hub, source: ManualSource, pages: Pages) -> None:
    crowd = [Browser() for _ in range(20)]
    for browser in crowd:
        hub.watch(watched("jobs"), browser)
    await eventually(lambda: all(browser.htmls == ["<p>one</p>"] for browser in crowd))
    before = await settled(hub, pages)
    pages.html["jobs"] = "<p>two</p>"
    source.hint(Hint(kind="job", id="1"))
    await eventually(lambda: all(browser.htmls[-1] == "<p>two</p>" for browser in crowd))
    assert len(pages.rendered) == before + 1


async def test_a_storm_of_hints_is_rendered_at_most_every_interval(
    hub: Hub, source: ManualSource, pages: Pages
) -> None:
    hub.watch(watched("jobs"), Browser())
    before, begun = await settled(hub, pages), time.monotonic()
    for number in range(200):
        pages.html["jobs"] = f"<p>{number}</p>"
        source.hint(Hint(kind="job", id=str(number)))
        await asyncio.sleep(0.001)
    await settled(hub, pages)
    assert len(pages.rendered) - before <= (time.monotonic() - begun) / 0.05 + 2


async def test_the_last_change_of_a_storm_is_never_lost(hub: Hub, source: ManualSource, pages: Pages) -> None:
    browser = Browser()
    hub.watch(watched("jobs"), browser)
    for number in range(100):
        pages.html["jobs"] = f"<p>{number}</p>"
        source.hint(Hint(kind="job", id="1"))
        await asyncio.sleep(0)
    await eventually(lambda: browser.htmls[-1] == "<p>99</p>")


async def test_a_change_while_it_is_rendered_is_rendered_again(hub: Hub, source: ManualSource, pages: Pages) -> None:
    browser, pages.gate = Browser(), asyncio.Event()
    hub.watch(watched("jobs"), browser)
    await eventually(lambda: pages.rendered)
    pages.html["jobs"] = "<p>two</p>"
    source.hint(Hint(kind="job", id="1"))
    pages.gate.set()
    await eventually(lambda: browser.htmls[-1:] == ["<p>two</p>"])


async def test_what_looks_the_same_is_not_sent(hub: Hub, source: ManualSource, pages: Pages) -> None:
    browser = Browser()
    pages.html["jobs"] = '<time datetime="x">1 s ago</time>'
    hub.watch(watched("jobs"), browser)
    before = await settled(hub, pages)
    pages.html["jobs"] = '<time datetime="x">9 s ago</time>'
    source.hint(ALL)
    await eventually(lambda: len(pages.rendered) > before)
    assert len(browser.frames) == 1


async def test_one_who_comes_late_is_told_though_nothing_changed(hub: Hub, pages: Pages) -> None:
    first, late = Browser(), Browser()
    hub.watch(watched("jobs"), first)
    await settled(hub, pages)
    hub.watch(watched("jobs"), late)
    await eventually(lambda: late.htmls == ["<p>one</p>"])
    assert len(first.frames) == 1


async def test_a_view_of_one_job_is_left_alone_by_others(hub: Hub, source: ManualSource, pages: Pages) -> None:
    hub.watch(watched("job", id="7"), Browser())
    before = await settled(hub, pages)
    source.hint(Hint(kind="job", id="8"))
    source.hint(Hint(kind="worker", id="w"))
    assert await settled(hub, pages) == before
    source.hint(Hint(kind="job", id="7"))
    await eventually(lambda: len(pages.rendered) == before + 1)


async def test_after_a_gap_in_the_hints_everything_is_looked_at(hub: Hub, source: ManualSource, pages: Pages) -> None:
    pages.html["workers"] = "w"
    hub.watch(watched("job", id="7"), Browser())
    hub.watch(watched("workers"), Browser())
    before = await settled(hub, pages)
    source.hint(ALL)
    await eventually(lambda: len(pages.rendered) == before + 2)


async def test_what_sends_no_hints_is_looked_at_regularly(hub: Hub, pages: Pages) -> None:
    pages.html["broker"] = "b"
    hub.watch(watched("broker"), Browser())
    await eventually(lambda: pages.rendered.count("broker") >= 3)


async def test_those_who_may_do_different_things_never_share_a_rendering(hub: Hub, pages: Pages) -> None:
    hub.watch(watched("jobs"), Browser())
    hub.watch(watched("jobs", Viewer(frozenset({"view", "operate"}))), Browser())
    await eventually(lambda: pages.rendered.count("jobs") == 2)


async def test_nothing_runs_while_nobody_watches(hub: Hub, source: ManualSource, pages: Pages) -> None:
    tasks = asyncio.all_tasks()
    browsers = [Browser(), Browser()]
    for browser in browsers:
        hub.watch(watched("jobs"), browser)
    await eventually(lambda: source.following == 1)
    hub.leave(watched("jobs"), browsers[0])
    assert not hub.idle
    hub.leave(watched("jobs"), browsers[1])
    assert hub.idle
    await eventually(lambda: source.following == 0 and asyncio.all_tasks() == tasks)


async def test_a_view_that_cannot_be_rendered_is_old_and_says_why(hub: Hub, source: ManualSource, pages: Pages) -> None:
    browser = Browser()
    hub.watch(watched("jobs"), browser)
    await eventually(lambda: browser.frames)
    pages.fails = StoreUnavailable("Redis does not answer.")
    source.hint(ALL)
    await eventually(lambda: browser.frames[-1][1].error == "Redis does not answer.")
    pages.fails = None
    source.hint(ALL)
    # The same as before it failed, but the page has marked it old: it is sent again.
    await eventually(lambda: browser.htmls == ["<p>one</p>", None, "<p>one</p>"])


async def test_a_mistake_in_one_view_harms_no_other(
    hub: Hub, source: ManualSource, pages: Pages, caplog: object
) -> None:
    broken, fine = Browser(), Browser()
    hub.watch(watched("secret"), broken)  # has no page: a KeyError
    hub.watch(watched("jobs"), fine)
    await eventually(lambda: fine.htmls == ["<p>one</p>"])
    await eventually(lambda: "The console made a mistake" in broken.frames[-1][1].error)


async def test_everybody_is_told_when_pages_stop_being_live(hub: Hub, source: ManualSource) -> None:
    browser = Browser()
    hub.watch(watched("jobs"), browser)
    await eventually(lambda: source.following)
    source.mode("polling")
    source.mode("polling")
    source.mode("live")
    assert browser.modes == ["polling", "live"]


async def test_a_source_that_breaks_makes_pages_not_live_and_is_followed_again(
    hub: Hub, source: ManualSource, caplog: object
) -> None:
    browser, source.breaks = Browser(), RuntimeError("broken")
    hub.watch(watched("jobs"), browser)
    await eventually(lambda: browser.modes == ["blind"])
    source.breaks = None
    await eventually(lambda: browser.modes == ["blind", "live"])
