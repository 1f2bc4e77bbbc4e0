from __future__ import annotations

import re
import time

import pytest
from django.http import QueryDict
from django.test import Client

from dashboard.access import Viewer
from dashboard.jobquery import JobQuery
from dashboard.live import Watched
from queueing import sync
from queueing.domain.job import ErrorInfo, Progress
from queueing.domain.options import JobOptions
from queueing.domain.states import JobState
from queueing.inspector import PAGE
from tests.dashboard.shop import Shop

pytestmark = pytest.mark.django_db
LOOKING = Viewer(frozenset({"view"}))


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/jobs{query}", follow=True)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def rows(html: str) -> list[str]:
    """Ids, in the order in which they stand."""
    return re.findall(r'<tr id="job-([^"]+)"', html)


def link(html: str, rel: str) -> str:
    found = re.search(rf'<a class="btn" href="([^"]+)" rel="{rel}"', html)
    assert found, f"no link {rel}"
    return found[1].replace("&amp;", "&")


def again(html: str, viewer: Viewer = LOOKING) -> str:
    """The list as the socket would send it now, from the token that the page holds."""
    token = re.search(r'id="jobs"[^>]* data-live="([^"]+)"', html)
    assert token
    return Watched.signed(token[1], viewer).render()


def test_a_tab_shows_only_jobs_of_its_state_and_says_how_many(viewer: Client, shop: Shop) -> None:
    failed, queued = shop.fail(shop.add()), shop.add()
    html = page(viewer, "?state=failed")
    assert rows(html) == [failed]
    assert queued not in html
    assert re.search(r'aria-current="page".*?Failed<.*?"n">1<', html, re.DOTALL)


def test_without_a_tab_jobs_of_all_states_are_listed_newest_first(viewer: Client, shop: Shop) -> None:
    first, second = shop.add(), shop.add()
    third = shop.fail(shop.add())
    assert rows(page(viewer)) == [third, second, first]


def test_what_is_due_later_does_not_push_what_happens_now_off_the_list_of_all(viewer: Client, shop: Shop) -> None:
    later, now = shop.add(options=JobOptions(delay=3600)), shop.add()
    html = page(viewer)
    assert rows(html) == [now]
    assert re.search(r'href="/jobs\?state=scheduled">1 scheduled</a> for later', html)
    assert rows(page(viewer, "?state=scheduled")) == [later]


@pytest.mark.parametrize("query", ["?queue=media", "?type=resize_image", "?tag=digest"])
def test_conditions_narrow_the_list(viewer: Client, shop: Shop, query: str) -> None:
    shop.add()
    wanted = shop.add("resize_image", options=JobOptions(tags=("digest",)), queue="media")
    assert rows(page(viewer, query)) == [wanted]


def test_a_time_range_narrows_the_list(viewer: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    assert rows(page(viewer, "?state=failed&within=15m")) == [job]
    assert rows(page(viewer, "?state=failed&until=2020-01-01")) == []


def test_words_in_the_filter_box_become_conditions_of_the_url(viewer: Client, shop: Shop) -> None:
    answer = viewer.get("/jobs?q=state:failed+queue:media+tag:a+type:x")
    assert answer.headers["Location"] == "/jobs?state=failed&tag=a&queue=media&type=x"


@pytest.mark.parametrize("since", ["0001-01-01", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00+14:00", "soon"])
def test_no_time_in_the_url_breaks_the_page(viewer: Client, shop: Shop, since: str) -> None:
    page(viewer, f"?state=failed&since={since.replace('+', '%2B')}")


def test_an_id_in_the_filter_box_leads_to_the_job(viewer: Client, shop: Shop) -> None:
    job = shop.add()
    assert viewer.get(f"/jobs?q={job}").headers["Location"] == f"/jobs/{job}"


def test_a_wrong_word_is_marked_and_stays_to_be_corrected(viewer: Client, shop: Shop) -> None:
    job = shop.add()
    html = page(viewer, "?q=older:2x")
    assert "<b>older:2x</b> is left out: that is no age" in html
    assert 'value="older:2x"' in html
    assert rows(html) == [job]


def test_a_state_that_does_not_exist_is_said_to_be_left_out(viewer: Client, shop: Shop) -> None:
    assert "<b>state:sleeping</b> is left out: there is no such state" in page(viewer, "?state=sleeping")


def test_each_condition_has_a_link_that_takes_it_away(viewer: Client, shop: Shop) -> None:
    html = page(viewer, "?state=failed&queue=media&queue=billing")
    assert 'href="/jobs?state=failed&amp;queue=billing" aria-label="Remove queue:media"' in html


def test_pages_lead_to_older_jobs_and_back(viewer: Client, shop: Shop) -> None:
    ids = shop.many(PAGE + 10)
    first = page(viewer, "?state=queued")
    assert len(rows(first)) == PAGE
    second = page(viewer, link(first, "next").removeprefix("/jobs"))
    assert len(rows(second)) == 10
    assert set(rows(first)) | set(rows(second)) == set(ids)
    back = page(viewer, link(second, "prev").removeprefix("/jobs"))
    assert rows(back) == rows(first)


def test_a_cursor_that_is_none_shows_the_first_page(viewer: Client, shop: Shop) -> None:
    job = shop.add()
    assert rows(page(viewer, "?state=queued&cursor=rubbish~%3Cb%3E~")) == [job]


def test_nothing_there_is_said_with_what_was_looked_for(viewer: Client, shop: Shop) -> None:
    shop.add()
    html = page(viewer, "?state=failed&queue=email_jobs&within=24h")
    assert "No failed job in email_jobs in the last 24 h" in html
    assert "Look at all times" in html


def test_an_empty_queue_says_so_without_conditions(viewer: Client, shop: Shop) -> None:
    html = page(viewer)
    assert "<h2>No job</h2>" in html
    assert "as soon as the first is added" in html


def test_a_row_changes_in_place_and_a_new_one_waits_behind_the_pill(viewer: Client, shop: Shop) -> None:
    first, second = shop.add(), shop.add()
    html = page(viewer, "?state=queued")
    shop.start(first)
    shop.add()
    renewed = again(html)
    assert rows(renewed) == rows(html) == [second, first]
    assert re.search(rf'<tr id="job-{first}" class="is-off">.*?now running', renewed, re.DOTALL)
    assert 'id="new"' in renewed
    assert "1 new" in renewed


def test_no_pill_while_nothing_is_new(viewer: Client, shop: Shop) -> None:
    shop.add()
    assert 'id="new"' not in again(page(viewer, "?state=queued"))


def test_while_following_new_rows_enter_the_list(viewer: Client, shop: Shop) -> None:
    first = shop.add()
    html = page(viewer, "?state=queued&follow=1")
    second = shop.add()
    assert rows(again(html)) == [second, first]


def test_the_first_row_enters_an_empty_list_without_a_pill(viewer: Client, shop: Shop) -> None:
    html = page(viewer, "?state=queued")
    job = shop.add()
    assert rows(again(html)) == [job]


def test_a_job_that_is_discarded_while_it_is_looked_at_keeps_its_place_and_says_so(viewer: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    html = page(viewer, "?state=failed")
    sync.run(shop.cluster.operations.discard([job]))
    renewed = again(html)
    assert rows(renewed) == [job]
    assert "discarded, or its retention has ended" in renewed


def test_the_detail_is_what_the_state_makes_of_interest(viewer: Client, shop: Shop) -> None:
    shop.fail(shop.add())
    shop.succeed(shop.add(), note="accepted by mx2")
    running = shop.start(shop.add())
    shop.say(running, progress=Progress(done=31, total=50, note="pass 2"))
    html = page(viewer)
    assert '<span class="strong">Busy</span> <span class="soft">421 too busy</span>' in html
    assert "accepted by mx2" in html
    assert "62 %" in html
    assert "pass 2" in html


def test_a_retrying_job_says_which_attempt_comes_when_and_why(viewer: Client, shop: Shop) -> None:
    job = shop.start(shop.add())
    shop.end(job, JobState.RETRYING, error=ErrorInfo(kind="shop.Busy", message="421"), delay=60)
    html = page(viewer, "?state=retrying")
    assert "attempt 2" in html
    assert "Busy" in html


def test_a_queued_job_says_what_keeps_its_queue_from_being_worked_off(viewer: Client, shop: Shop) -> None:
    shop.add()
    assert "no worker takes from it" in page(viewer, "?state=queued")
    sync.run(shop.cluster.operations.pause("email_jobs", by="mira"))
    assert "paused by mira" in page(viewer, "?state=queued")


def test_a_viewer_sees_neither_buttons_nor_boxes(viewer: Client, shop: Shop) -> None:
    shop.fail(shop.add())
    html = page(viewer)
    assert "job-retries" not in html
    assert 'name="job"' not in html


def test_an_operator_sees_what_each_state_allows(operator: Client, shop: Shop) -> None:
    shop.fail(shop.add())
    failed = page(operator, "?state=failed").split('id="selection"')[0]
    assert "/job-retries" in failed
    assert "/job-discards" in failed
    assert "/job-hastenings" not in failed


def test_an_operator_has_a_bar_for_the_selection_and_a_viewer_has_none(
    operator: Client, viewer: Client, shop: Shop
) -> None:
    shop.add()
    assert 'id="selection"' in page(operator)
    assert 'id="selection"' not in page(viewer)


def test_an_outsider_sees_no_list(outsider: Client, shop: Shop) -> None:
    job = shop.add()
    answer = outsider.get("/jobs")
    assert answer.status_code == 403
    assert job not in answer.content.decode()


def test_hostile_names_and_messages_are_text(viewer: Client, shop: Shop) -> None:
    evil = "<script>alert(1)</script>"
    job = shop.add("<img/src=x>", options=JobOptions(tags=("<b>bold</b>",)))
    shop.fail(job, ErrorInfo(kind="Evil", message=f"{evil} \u202edrow"))
    html = page(viewer)
    assert evil not in html
    assert "<img/src" not in html
    assert "<b>bold" not in html
    assert "\u202e" not in html
    assert "\\u202e" in html


def test_an_id_with_slashes_and_hashes_still_has_a_page(viewer: Client, shop: Shop) -> None:
    shop.add(job_id="a/b?c#<i>")
    href = re.search(r'<a class="strong nowrap" href="([^"]+)"', page(viewer))
    assert href
    answer = viewer.get(href[1].replace("&amp;", "&"))
    assert answer.status_code == 200
    assert "a/b?c#&lt;i&gt;" in answer.content.decode()


def test_when_the_store_is_down_the_page_says_so_within_a_second(viewer: Client, store_down: None) -> None:
    begun = time.monotonic()
    html = page(viewer, "?state=failed")
    assert time.monotonic() - begun < 1.0
    assert "This cannot be shown now" in html
    assert "Redis" in html
    assert 'name="q"' in html
    assert 'href="/jobs?state=queued"' in html


def test_the_list_needs_as_many_questions_for_many_jobs_as_for_few(viewer: Client, shop: Shop) -> None:
    def calls(html_of: str) -> int:
        counted = 0
        connection = shop.cluster.store._connection  # type: ignore[attr-defined]
        run = connection.run

        async def counting(*args: object, **kwargs: object) -> object:
            nonlocal counted
            counted += 1
            return await run(*args, **kwargs)

        connection.run = counting
        try:
            page(viewer, html_of)
        finally:
            connection.run = run
        return counted

    shop.many(3)
    few = calls("?state=queued")
    shop.many(PAGE * 2)
    assert calls("?state=queued") == few


def test_columns_are_chosen_in_the_url(viewer: Client, shop: Shop) -> None:
    shop.add()
    html = page(viewer, "?columns=worker&columns=id&columns=<b>")
    assert re.findall(r"<th[^>]*>([^<]+)</th>", html) == ["State", "Job", "Worker", "Id", "Ago"]
    assert 'name="columns" value="worker,id"' in html


def test_rows_are_as_dense_as_somebody_likes(viewer: Client, shop: Shop) -> None:
    viewer.post("/preferences", {"density": "compact"})
    html = page(viewer)
    assert 'data-density="compact"' in html
    assert 'name="density" value="normal" data-density aria-pressed="true"' in html


@pytest.mark.parametrize("shown", ["", "q=queue%3D_+type%3D_&queue=a&type=b&follow=1", "state=failed&queue=_"])
@pytest.mark.parametrize("name", ["a b&c=d", "ü/:", "_"])
def test_a_choice_among_hundreds_has_the_url_that_it_would_have_alone(shown: str, name: str) -> None:
    query = JobQuery.read(QueryDict(shown))
    assert query.urls("queues")(name) == query.url(queues=(name,))
    assert query.urls("types")(name) == query.url(types=(name,))
