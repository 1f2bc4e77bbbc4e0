"""The list of failure groups, and one of them."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from dashboard.access import Viewer
from dashboard.graphics import bars
from dashboard.grouplist import hot
from dashboard.live import Watched
from queueing import sync
from queueing.domain.failures import FailureGroup
from queueing.domain.job import ErrorInfo, Frame
from tests.dashboard.shop import Shop

pytestmark = pytest.mark.django_db
CALM = ErrorInfo(kind="shop.Calm", message="no <b>wind</b> \u202efor 'Ada'", fingerprint="c")


def page(client: Client, path: str = "/failures", *, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def row(html: str, group: FailureGroup) -> str:
    found = re.search(rf'<tr id="group-{group.id}"(.*?)</tr>', html, re.DOTALL)
    assert found, group.kind
    return found[1]


def kinds(html: str) -> list[str]:
    return re.findall(r'title="shop\.\w+"><b>(\w+)</b>', html)


def live(html: str, name: str, *permissions: str) -> str:
    """A live part of the page, as the socket would send it now."""
    token = re.search(rf'<[a-z]+ id="{name}"[^>]* data-live="([^"]+)"', html)
    assert token, name
    return Watched.signed(token[1], Viewer(frozenset(permissions or {"view", "operate"}))).render()


def two_groups(shop: Shop) -> dict[str, FailureGroup]:
    """Two jobs that failed busy, and one that failed calm, in another queue, later."""
    for _ in range(2):
        shop.fail(shop.add())
    shop.fail(shop.add("sail", queue="harbour"), CALM)
    return {group.kind: group for group in shop.files(3)}


def test_without_a_failure_it_says_what_would_be_here(viewer: Client, shop: Shop) -> None:
    said = words(page(viewer))
    assert "No job is failed A job that fails its last attempt lands here" in said


def test_a_failure_that_nobody_has_sorted_yet_is_not_hidden(viewer: Client, shop: Shop) -> None:
    shop.fail(shop.add())
    assert "1 failed job is in no group yet" in words(page(viewer))


def test_a_row_says_what_failed_where_how_often_and_since_when(viewer: Client, shop: Shop) -> None:
    busy = two_groups(shop)["shop.Busy"]
    said = words(row(page(viewer), busy))
    for text in ("Busy 421 too busy", "new", "send_email", "shop/mail.py:12 send", "2 2 now now"):
        assert text in said, text
    assert "2 groups hold 3 failed jobs." in words(page(viewer))


def test_foreign_text_is_shown_inertly(viewer: Client, shop: Shop) -> None:
    calm = two_groups(shop)["shop.Calm"]
    for html in (page(viewer), page(viewer, f"/failures/{calm.id}")):
        assert "no &lt;b&gt;wind&lt;/b&gt; \\u202efor" in html
        assert "<b>wind" not in html


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Busy", "Calm"]),
        ("?sort=recent", ["Calm", "Busy"]),
        ("?sort=new", ["Calm", "Busy"]),
        ("?type=sail", ["Calm"]),
        ("?queue=email_jobs", ["Busy"]),
        ("?queue=email_jobs&type=sail", []),
        ("?q=MAIL.py", ["Busy"]),
        ("?q=no+wind", ["Calm"]),
        ("?q=no+rain", []),
        ("?show=muted", []),
        ("?show=quiet", []),
        ("?show=nonsense&sort=nonsense", ["Busy", "Calm"]),
    ],
)
def test_the_url_says_which_are_shown_and_in_which_order(
    viewer: Client, shop: Shop, query: str, expected: list[str]
) -> None:
    two_groups(shop)
    assert kinds(page(viewer, f"/failures{query}")) == expected


def test_words_that_are_conditions_become_such(viewer: Client, shop: Shop) -> None:
    answer = viewer.get("/failures?q=type:sail+calm+queue:harbour&sort=new")
    assert answer.headers["Location"] == "/failures?sort=new&type=sail&queue=harbour&q=calm"


def test_an_empty_list_names_its_conditions_and_the_way_out(viewer: Client, shop: Shop) -> None:
    two_groups(shop)
    html = page(viewer, "/failures?q=rain&type=sail")
    assert "No failure with “rain” of sail" in words(html)
    assert '<a class="btn" href="/failures">Drop the conditions</a>' in html


def test_a_group_whose_jobs_were_retried_keeps_its_row_and_says_so_then_is_among_the_quiet(
    viewer: Client, shop: Shop
) -> None:
    busy = two_groups(shop)["shop.Busy"]
    html = page(viewer)
    sync.run(shop.cluster.operations.retry_group(busy.id, by="console:otto"))
    now = live(html, "failures")
    assert kinds(now) == ["Busy", "Calm"], "rows keep their places"
    assert "none failed now" in row(now, busy)
    assert words(live(html, "live-failures-tabs")) == "Open 1 Muted 0 Gone quiet 1"
    assert kinds(page(viewer, "/failures?show=quiet")) == ["Busy"]


def test_new_groups_wait_behind_a_pill(viewer: Client, shop: Shop) -> None:
    shop.fail(shop.add())
    shop.files()
    html = page(viewer)
    shop.fail(shop.add("sail"), CALM)
    shop.files(2)
    now = live(html, "failures")
    assert kinds(now) == ["Busy"]
    assert "1 new" in now


def test_a_list_that_was_empty_fills_by_itself(viewer: Client, shop: Shop) -> None:
    html = page(viewer)
    shop.fail(shop.add())
    shop.files()
    assert kinds(live(html, "failures")) == ["Busy"]


def test_more_than_a_page_is_read_on_from_the_last_one(viewer: Client, shop: Shop) -> None:
    for number in range(53):
        shop.fail(shop.add(f"type_{number:02}"))
    shop.files(53)
    html = page(viewer, "/failures?sort=recent")
    assert len(kinds(html)) == 50
    link = re.search(r'href="([^"]+)" rel="next"', html)
    assert link
    rest = page(viewer, unescape(link[1]))
    assert re.findall(r"type_\d\d", words(rest))[-3:] == ["type_02", "type_01", "type_00"]
    assert "new</a>" not in live(rest, "failures"), "groups of the first page are not new"


def test_the_last_deploy_is_marked_and_what_came_since_is_new(viewer: Client, shop: Shop) -> None:
    store = shop.cluster.store
    sync.run(store.note_release("1.0"))
    shop.fail(shop.add("before"))
    before = shop.files()[0]
    sync.run(store.note_release("1.1"))
    shop.fail(shop.add("after"))
    groups = {group.type: group for group in shop.files(2)}
    html = page(viewer)
    assert ">new</span>" not in row(html, before)
    assert "First seen since 1.1 was deployed" in row(html, groups["after"])
    assert '<line x1="' in row(html, before)
    assert "1.1 deployed" in words(page(viewer, f"/failures/{before.id}"))


def test_a_group_shows_its_traceback_and_its_jobs(viewer: Client, shop: Shop) -> None:
    jobs = [shop.fail(shop.add()) for _ in range(2)]
    [group] = shop.files(2)
    html = page(viewer, f"/failures/{group.id}")
    said = words(html)
    for text in ("Failed now 2", "Ever 2", "shop.Busy", "<n> too busy", "raise Busy", "1 frame of httpx"):
        assert text in said, text
    for job in jobs:
        assert f'href="/jobs/{job}"' in html
    assert "Failures in the last 7 days: 2, at most 2 in three hours" in html


def test_a_job_that_left_the_group_keeps_its_place_and_says_where_it_is(viewer: Client, shop: Shop) -> None:
    gone, retried = shop.fail(shop.add()), shop.fail(shop.add())
    [group] = shop.files(2)
    html = page(viewer, f"/failures/{group.id}")
    sync.run(shop.cluster.operations.retry([retried], by="console:otto"))
    sync.run(shop.cluster.operations.discard([gone]))
    shop.fail(shop.add())
    shop.files(3)
    now = words(live(html, "failure-jobs"))
    assert "now queued" in now
    assert "discarded, or its retention has ended" in now
    assert "Failed jobs 1 1 new" in now


def test_the_jobs_of_a_group_are_paged_both_ways(viewer: Client, shop: Shop) -> None:
    for _ in range(26):
        shop.fail(shop.add())
    [group] = shop.files(26)
    first = page(viewer, f"/failures/{group.id}")
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older
    second = page(viewer, unescape(older[1]))
    assert len(re.findall(r'<tr id="job-', second)) == 1
    newer = re.search(r'href="([^"]+)" rel="prev"', second)
    assert newer
    back = page(viewer, unescape(newer[1]))
    assert re.findall(r'<tr id="(job-[^"]+)"', back) == re.findall(r'<tr id="(job-[^"]+)"', first)
    assert page(viewer, f"/failures/{group.id}?cursor=nonsense")


def test_a_failure_outside_any_handler_has_no_traceback_and_says_so(viewer: Client, shop: Shop) -> None:
    shop.fail(shop.add(), ErrorInfo(kind="NoHandler", message="no handler is registered"))
    [group] = shop.files()
    said = words(page(viewer, f"/failures/{group.id}"))
    assert "No traceback: it failed outside a handler." in said
    assert "outside your code" in said


def test_a_group_that_does_not_exist_says_so(viewer: Client, shop: Shop) -> None:
    assert "There is no failure group none" in words(page(viewer, "/failures/none", status=404))


def test_a_viewer_is_offered_nothing_to_press(viewer: Client, operator: Client, shop: Shop) -> None:
    busy = two_groups(shop)["shop.Busy"]
    for path, place in (("/failures", "failures"), (f"/failures/{busy.id}", "failure-head")):
        assert "/retry" in live(page(operator, path), place)
        assert "/retry" not in live(page(viewer, path), place, "view")
    assert "<textarea" not in page(viewer, f"/failures/{busy.id}")


def test_a_failed_job_leads_to_its_group(viewer: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    assert "all that failed like this" not in page(viewer, f"/jobs/{job}")
    [group] = shop.files()
    assert f'<a class="link" id="alike" href="/failures/{group.id}">' in page(viewer, f"/jobs/{job}")
    sync.run(shop.cluster.operations.retry([job], by="console:otto"))
    assert "all that failed like this" not in page(viewer, f"/jobs/{job}")


def test_the_overview_leads_to_the_groups_of_a_type(viewer: Client, shop: Shop) -> None:
    shop.fail(shop.add())
    assert 'href="/failures?sort=recent&amp;type=send_email"' in page(viewer, "/")


def test_the_navigation_counts_the_open_groups(viewer: Client, shop: Shop) -> None:
    busy = two_groups(shop)["shop.Busy"]
    assert re.search(r'<span>Failures</span><span class="n is-error">2</span>', page(viewer, "/menu"))
    sync.run(shop.cluster.operations.mute_group(busy.id, seconds=None, by="mira"))
    assert re.search(r'<span>Failures</span><span class="n is-error">1</span>', page(viewer, "/menu"))


def test_without_its_store_every_page_is_there_and_says_so(operator: Client, store_down: None) -> None:
    for path in ("/failures", "/failures?show=quiet", "/failures/some", "/failures/some/retry", "/failures/some/mute"):
        said = words(page(operator, path))
        assert "This cannot be shown now" in said, path
        assert "Redis" in said


def test_a_message_of_many_lines_is_whole_in_the_sample(viewer: Client, shop: Shop) -> None:
    frame = Frame(file="shop/mail.py", line=1, function="f", ours=True)
    shop.fail(shop.add(), ErrorInfo(kind="shop.Busy", message="first\nsecond", frames=(frame,), fingerprint="m"))
    [group] = shop.files()
    assert "first\nsecond" in page(viewer, f"/failures/{group.id}")
    assert "second" not in row(page(viewer), group)


def test_only_what_is_new_or_rises_is_drawn_alarmingly() -> None:
    steady, rising = (3,) * 24, (1,) * 22 + (9, 9)
    assert hot(steady, is_new=False, rises=False) == 0
    assert hot(rising, is_new=False, rises=True) == 2
    assert hot(rising, is_new=False, rises=True, hours=3) == 1
    assert hot(steady, is_new=True, rises=False) == 24
    assert bars((1, 1, 0, 2), hot=2).count('class="failed"') == 1, "an empty bar is no alarm"
