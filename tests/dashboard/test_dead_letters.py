from __future__ import annotations

import base64
import csv
import io
import json
import re

import msgspec
import pytest
from django.test import Client

from dashboard.access import Viewer
from dashboard.live import Watched
from dashboard.models import AuditEntry
from queueing import sync
from queueing.domain.job import ErrorInfo
from queueing.domain.message import UNREADABLE
from queueing.domain.options import JobOptions
from queueing.domain.ports import Destination, Outgoing
from queueing.domain.states import JobState
from tests.dashboard.shop import BUSY, Shop

pytestmark = pytest.mark.django_db
AT = "/dead-letters/email_jobs"


def page(client: Client, path: str = AT, *, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def row(html: str, job_id: str) -> str:
    found = re.search(rf'<tr id="dead-{re.escape(job_id)}"(.*?)</tr>', html, re.DOTALL)
    assert found, job_id
    return found[1]


def live(html: str, name: str) -> str:
    """A live part of the page, as the socket would send it now."""
    token = re.search(rf'<[a-z]+ id="{name}"[^>]* data-live="([^"]+)"', html)
    assert token, name
    return Watched.signed(token[1], Viewer(frozenset({"view", "operate"}))).render()


def dead_letters(shop: Shop, count: int = 1, queue: str = "email_jobs") -> list[str]:
    """Failed jobs, each with its message in the dead-letter queue."""
    ids = [shop.fail(shop.add(queue=queue)) for _ in range(count)]
    for job_id in ids:
        letter = Outgoing(
            queue=queue, type="send_email", body=b"{}", headers={}, message_id=job_id, destination=Destination.DEAD
        )
        assert sync.run(shop.cluster.broker.publish([letter])) == [None]
    return ids


def raw(shop: Shop, body: bytes) -> str:
    """A message that is no job, failed as a worker does it."""
    job_id = shop.add("any")
    spec = msgspec.structs.replace(
        shop.job(job_id).spec, id=f"raw-{job_id}", type=UNREADABLE, payload=body, encoding="raw", created_by="foreign"
    )
    error = ErrorInfo(kind="Malformed", message="The message is not a job")
    assert sync.run(shop.cluster.store.bury(spec, error))
    return spec.id


def test_it_opens_with_the_queue_that_has_most(viewer: Client, shop: Shop) -> None:
    shop.fail(shop.add(queue="billing"))
    dead_letters(shop, 2)
    answer = viewer.get("/dead-letters")
    assert answer.headers["Location"] == AT
    tabs = re.search(r'aria-label="Dead-letter queues".*?</nav>', page(viewer), re.DOTALL)
    assert tabs
    assert words(tabs[0]).endswith("email_jobs 2 billing 1")


def test_without_any_the_page_says_what_would_be_here(viewer: Client, shop: Shop) -> None:
    assert "A job lands here when its last attempt fails" in page(viewer, "/dead-letters")


def test_a_row_says_what_it_is_why_it_rests_and_after_how_many_attempts(viewer: Client, shop: Shop) -> None:
    [job] = dead_letters(shop)
    said = words(row(page(viewer), job))
    for text in ("send_email", job[-8:], "Busy", "421 too busy", "1 of 3"):
        assert text in said, text


def test_it_compares_with_what_the_broker_holds(viewer: Client, shop: Shop) -> None:
    dead_letters(shop, 2)
    assert "The broker agrees: 2 messages in email_jobs.dead" in words(page(viewer))
    shop.fail(shop.add())
    assert "The broker holds 2 in email_jobs.dead , fewer than failed jobs" in words(page(viewer))


def test_a_message_that_is_no_job_is_marked_and_shown_as_text_and_hex(viewer: Client, shop: Shop) -> None:
    job = raw(shop, b"\x1f\x8b<script>alert(1)</script>\x00\xff")
    html = page(viewer)
    assert "not a job" in row(html, job)
    assert '<span class="tag">raw</span>' in row(html, job)
    opened = page(viewer, f"{AT}?at={job}")
    assert "<script>alert" not in opened
    assert "\\u001f\\x8b&lt;script&gt;alert(1)&lt;/script&gt;\\u0000\\xff" in opened
    assert "00000000  1f 8b 3c 73 63 72 69 70  74 3e 61 6c 65 72 74 28  ..&lt;script&gt;alert(" in opened


def test_an_opened_letter_has_its_headers_options_attempts_and_payload(viewer: Client, shop: Shop) -> None:
    options = JobOptions(tags=("digest",), timeout=30)
    job = shop.fail(shop.add(payload={"to": "mira", "api_key": "k-123"}, options=options))
    html = page(viewer, f"{AT}?at={job}")
    said = words(html)
    for text in ("leveret-epoch 2", "timeout 30 s", "tags digest", "shop/mail.py:12 send", "by web-02:118"):
        assert text in said, text
    assert "k-123" not in html, "a value that looks secret is masked"
    assert "masked" in html


def test_a_script_gets_the_letter_alone(viewer: Client, shop: Shop) -> None:
    [job] = dead_letters(shop)
    html = viewer.get(f"{AT}?at={job}", headers={"HX-Request": "true"}).content.decode()
    assert html.strip().startswith("<aside")


def test_from_an_open_letter_one_goes_to_its_neighbours_and_back(viewer: Client, shop: Shop) -> None:
    oldest, middle, newest = dead_letters(shop, 3)
    html = live(page(viewer, f"{AT}?at={middle}"), "live-dead_letters-one")
    assert re.search(rf'href="{AT}\?at={newest}" data-letter aria-label="Previous', html)
    assert re.search(rf'href="{AT}\?at={oldest}" data-letter aria-label="Next', html)
    assert f'href="{AT}" data-letter-close' in html


def test_rows_keep_their_places_and_say_what_became_of_them(operator: Client, shop: Shop) -> None:
    replayed, discarded = dead_letters(shop, 2)
    html = page(operator)
    sync.run(shop.cluster.operations.retry([replayed], by="console:otto"))
    sync.run(shop.cluster.operations.discard([discarded]))
    shop.fail(shop.add())
    now = live(html, "letters")
    assert "It has left the dead letters" not in now
    assert "replayed by console:otto" in row(now, replayed)
    assert 'type="checkbox"' not in row(now, replayed)
    assert "discarded, or its retention has ended" in row(now, discarded)
    assert "1 new" in words(now)


def test_pages_are_walked_by_key(viewer: Client, shop: Shop) -> None:
    jobs = [shop.fail(job) for job in shop.many(52)]
    first = page(viewer)
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older
    second = page(viewer, older[1].replace("&amp;", "&"))
    assert f"dead-{jobs[0]}" in second
    assert f"dead-{jobs[0]}" not in first


def all_of(html: str, act: str) -> str:
    """The query of the link that asks about all of them."""
    link = re.search(rf'href="/operations/new\?(act={act}&amp;[^"]+)"', html)
    assert link, act
    return link[1].replace("&amp;", "&")


def test_the_list_can_be_narrowed_to_a_type_and_the_replay_then_is_too(operator: Client, shop: Shop) -> None:
    email, image = shop.fail(shop.add()), shop.fail(shop.add("resize_image"))
    html = page(operator, f"{AT}?type=resize_image")
    assert f"dead-{image}" in html
    assert f"dead-{email}" not in html
    operator.post("/operations/begun", {"query": all_of(html, "replay")})
    assert shop.job(image).state is JobState.QUEUED
    assert shop.job(email).state is JobState.FAILED
    nothing = page(operator, f"{AT}?type=nothing")
    assert "No dead letter in email_jobs like type:nothing" in words(nothing)
    assert "/operations/new" not in nothing, "a filter that nothing matches is not: all"


def test_letters_are_found_by_error_argument_and_words_and_all_that_match_are_replayed(
    operator: Client, shop: Shop
) -> None:
    wanted = shop.fail(shop.add(payload={"to": "mira", "order": 7}))
    others = [shop.fail(shop.add(payload={"to": "otto", "order": 7})), shop.fail(shop.add(queue="billing"))]
    for query in ("args.to:mira", "mira", "args.to:mira error:Busy"):
        html = page(operator, f"{AT}?q={query}")
        assert f"dead-{wanted}" in html, query
        assert not any(f"dead-{other}" in html for other in others), query
        assert "Looked at all" in html
    operator.post("/operations/begun", {"query": all_of(html, "replay")})
    assert shop.job(wanted).state is JobState.QUEUED
    assert {shop.job(other).state for other in others} == {JobState.FAILED}


def test_a_search_goes_on_where_it_stopped(viewer: Client, shop: Shop) -> None:
    wanted = shop.fail(shop.add(payload={"to": "mira"}))
    html = page(viewer, f"{AT}?q=args.to:mira")
    step = viewer.get(f"{AT}?q=args.to:mira&cursor=x&found=y", headers={"HX-Request": "true"})
    assert 'data-list="letters"' in html
    assert f"dead-{wanted}" in html
    assert "<html" not in step.content.decode(), "a step is a part of the page"


def test_a_word_that_is_not_understood_is_said_and_left_out(viewer: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    html = page(viewer, f"{AT}?q=colour:red")
    assert "there is no qualifier colour" in words(html)
    assert f"dead-{job}" in html


def test_another_queue_or_state_cannot_be_asked_for_here(viewer: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    shop.succeed(shop.add())
    html = page(viewer, f"{AT}?q=queue:billing state:succeeded&queue=billing&state=queued")
    assert f"dead-{job}" in html
    assert len(re.findall(r'<tr id="dead-', html)) == 1


def test_from_a_letter_one_gets_to_those_like_it(operator: Client, shop: Shop) -> None:
    job, other = shop.fail(shop.add()), shop.fail(shop.add(), error=ErrorInfo(kind="Gone", message="410"))
    link = re.search(r'href="([^"]+)">those like it', page(operator, f"{AT}?at={job}"))
    assert link
    html = page(operator, link[1].replace("&amp;", "&"))
    assert f"dead-{job}" in html
    assert f"dead-{other}" not in html


def test_one_letter_is_replayed_as_a_new_epoch_and_it_is_in_the_book(operator: Client, shop: Shop) -> None:
    [job] = dead_letters(shop)
    epoch = shop.job(job).epoch
    answer = operator.post(f"{AT}/replays", {"job": job}, headers={"HX-Request": "true"})
    assert "Replayed 1 job." in answer.headers["HX-Trigger"]
    record = shop.job(job)
    assert (record.state, record.epoch, record.attempt) == (JobState.QUEUED, epoch + 1, 0)
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target, entry.who) == ("replay", f"job {job}", "otto")


def test_some_are_replayed_and_the_others_are_named_with_the_reason(operator: Client, shop: Shop) -> None:
    letter, running = shop.fail(shop.add()), shop.start(shop.add())
    answer = operator.post(f"{AT}/replays", {"job": [letter, running]}, headers={"HX-Request": "true"})
    assert "Replayed 1 job, refused 1." in answer.headers["HX-Trigger"]
    assert "it is already running" in answer.headers["HX-Trigger"]
    assert AuditEntry.objects.get().result == "partly"


def test_all_of_a_queue_are_replayed_after_a_question_with_their_number(operator: Client, shop: Shop) -> None:
    jobs = dead_letters(shop, 3)
    elsewhere = shop.fail(shop.add(queue="billing"))
    query = all_of(page(operator), "replay")
    assert "Replay 3 dead letters?" in words(page(operator, f"/operations/new?{query}"))
    answer = operator.post("/operations/begun", {"query": query, "reason": "the server is back"}, follow=True)
    assert answer.redirect_chain[-1][0] == AT
    assert "Replayed 3 jobs." in answer.content.decode()
    assert {shop.job(job).state for job in jobs} == {JobState.QUEUED}
    assert shop.job(elsewhere).state is JobState.FAILED
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target, entry.count) == ("replay", "3 jobs: state:failed queue:email_jobs", 3)
    assert entry.reason == "the server is back"


def comes_back(shop: Shop, times: int = 2) -> str:
    """A dead letter that was replayed as often as that and failed in the same way."""
    [job] = dead_letters(shop)
    for _ in range(times):
        sync.run(shop.cluster.operations.retry([job], by="console:otto"))
        shop.fail(job)
    return job


def test_what_keeps_coming_back_is_replayed_only_with_a_tick(operator: Client, shop: Shop) -> None:
    job = comes_back(shop)
    html = page(operator, f"{AT}?at={job}")
    assert "It came back 2 times" in html
    assert "came back 2×" in words(row(html, job))
    answer = operator.post(f"{AT}/replays", {"job": job}, headers={"HX-Request": "true"})
    assert "Not replayed: It came back in the same way after earlier replays." in answer.headers["HX-Trigger"]
    assert shop.job(job).state is JobState.FAILED
    operator.post(f"{AT}/replays", {"job": job, "although": "on"})
    assert shop.job(job).state is JobState.QUEUED


def test_of_several_those_that_keep_coming_back_are_left_alone_and_named(operator: Client, shop: Shop) -> None:
    [once], often = dead_letters(shop), comes_back(shop, 3)
    answer = operator.post(f"{AT}/replays", {"job": [once, often]}, headers={"HX-Request": "true"})
    assert "Replayed 1 job, refused 1." in answer.headers["HX-Trigger"]
    assert "came back in the same way" in answer.headers["HX-Trigger"]
    assert (shop.job(once).state, shop.job(often).state) == (JobState.QUEUED, JobState.FAILED)
    assert f"{often}: refused, It came back" in AuditEntry.objects.get().detail


@pytest.mark.parametrize("although", [False, True])
def test_a_replay_of_all_leaves_them_alone_unless_it_is_ticked(operator: Client, shop: Shop, although: bool) -> None:
    [once], often = dead_letters(shop), comes_back(shop)
    query = all_of(page(operator), "replay")
    assert 'name="although"' in page(operator, f"/operations/new?{query}")
    operator.post("/operations/begun", {"query": query, **({"although": "on"} if although else {})})
    assert shop.job(once).state is JobState.QUEUED
    assert (shop.job(often).state is JobState.QUEUED) is although


def test_a_retry_of_all_asks_no_such_thing(operator: Client, shop: Shop) -> None:
    dead_letters(shop)
    assert 'name="although"' not in page(operator, "/operations/new?act=retry&state=failed")


def test_what_comes_back_can_be_asked_for(viewer: Client, shop: Shop) -> None:
    [once], often = dead_letters(shop), comes_back(shop)
    html = page(viewer, f"{AT}?q=comebacks:>1")
    assert f"dead-{often}" in html
    assert f"dead-{once}" not in html


def test_the_deaths_and_headers_of_a_message_that_the_broker_buried_are_shown(viewer: Client, shop: Shop) -> None:
    headers = {
        "x-death": [
            {"queue": "l.mail", "reason": "rejected", "count": 2, "time": "2026-11-24T09:14:20+00:00"},
            {"queue": "l.<b>", "reason": "expired", "count": 1},
        ],
        "trace": "</pre><script>x()</script>",
        "authorization": "Bearer abc",
    }
    job = shop.fail(shop.add(), error=ErrorInfo(kind="DeadLettered", message="rejected", headers=headers))
    html = page(viewer, f"{AT}?at={job}")
    said = words(html)
    assert said.index("l.&lt;b&gt; expired") < said.index("l.mail rejected"), "oldest first"
    assert "trace" in said
    assert "Bearer abc" not in html
    assert "<script>x" not in html


def exported(client: Client, query: str) -> str:
    answer = client.get(f"{AT}/export?{query}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    return b"".join(answer).decode()


def test_letters_are_exported_as_json_lines(viewer: Client, shop: Shop) -> None:
    jobs = [shop.fail(job) for job in shop.many(60)]
    kept = shop.fail(shop.add(payload={"to": "mira", "api_key": "k-123", "deep": [{"password": "p-456"}]}))
    lines = [json.loads(line) for line in exported(viewer, "form=jsonl").splitlines()]
    assert [line["id"] for line in lines] == [kept, *reversed(jobs)]
    assert lines[0]["payload"] == {"to": "mira", "api_key": "masked", "deep": [{"password": "masked"}]}
    assert (lines[0]["error"], lines[0]["message"]) == ("shop.Busy", "421 too busy")
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.who) == ("export", "vera")


def test_an_export_holds_what_the_page_shows_and_no_more(viewer: Client, shop: Shop) -> None:
    wanted, _ = shop.fail(shop.add(payload={"to": "mira"})), shop.fail(shop.add(payload={"to": "otto"}))
    link = re.search(r'href="([^"]+/export[^"]+form=csv[^"]*)"', page(viewer, f"{AT}?q=args.to:mira"))
    assert link
    rows = list(csv.DictReader(io.StringIO(exported(viewer, link[1].partition("?")[2].replace("&amp;", "&")))))
    assert [(one["id"], one["payload"]) for one in rows] == [(wanted, '{"to":"mira"}')]


def test_a_message_that_is_no_job_is_exported_whole(viewer: Client, shop: Shop) -> None:
    raw(shop, b"\x1f\x8b\x00")
    [line] = [json.loads(one) for one in exported(viewer, "form=jsonl").splitlines()]
    assert base64.b64decode(line["body"]) == b"\x1f\x8b\x00"
    assert line["payload"] is None


def test_a_cell_that_a_spreadsheet_would_compute_is_text(viewer: Client, shop: Shop) -> None:
    shop.fail(shop.add(), error=ErrorInfo(kind="=cmd()", message="+1"))
    [one] = csv.DictReader(io.StringIO(exported(viewer, "form=csv")))
    assert (one["error"], one["message"]) == ("'=cmd()", "'+1")


@pytest.mark.parametrize("query", ["form=xlsx", "form=csv&q=colour:red"])
def test_nothing_is_exported_where_the_question_is_not_understood(viewer: Client, shop: Shop, query: str) -> None:
    shop.fail(shop.add())
    answer = viewer.get(f"{AT}/export?{query}")
    assert answer.status_code == 302
    assert not AuditEntry.objects.exists()


def test_an_export_while_the_store_is_away_leads_back_and_says_so(viewer: Client, store_down: None) -> None:
    assert "Nothing was exported." in viewer.get(f"{AT}/export?form=csv", follow=True).content.decode()


def test_letters_are_discarded_after_a_question(operator: Client, shop: Shop) -> None:
    jobs = dead_letters(shop, 2)
    question = operator.post(f"{AT}/discard", {"job": jobs}).content.decode()
    assert "Discard 2 dead letters?" in question
    assert all(f'value="{job}"' in question for job in jobs)
    assert shop.exists(jobs[0]), "a question is only a question"
    answer = operator.post(f"{AT}/discards", {"job": jobs}, follow=True)
    assert "Discarded 2 jobs." in answer.content.decode()
    assert not any(shop.exists(job) for job in jobs)
    assert AuditEntry.objects.get().count == 2


def test_a_question_about_nothing_says_so(operator: Client, shop: Shop) -> None:
    shop.add()
    assert "Nothing is chosen" in page(operator, f"{AT}/discard")


@pytest.mark.parametrize("act", ["replays", "discards", "discard"])
@pytest.mark.parametrize("who", ["viewer", "outsider"])
def test_only_operators_replay_and_discard(request: pytest.FixtureRequest, shop: Shop, who: str, act: str) -> None:
    [job] = dead_letters(shop)
    client = request.getfixturevalue(who)
    assert client.post(f"{AT}/{act}", {"job": job}).status_code == 403
    assert shop.job(job).state is JobState.FAILED


def test_a_viewer_sees_no_button_that_acts(viewer: Client, operator: Client, shop: Shop) -> None:
    [job] = dead_letters(shop)
    for part in ("/replay", "/discard", "/operations/new", 'type="checkbox"', "Edit and enqueue"):
        assert part not in page(viewer, f"{AT}?at={job}"), part
        assert part in page(operator, f"{AT}?at={job}"), part


def test_while_the_store_is_away_the_pages_say_so(viewer: Client, store_down: None) -> None:
    for path in ("/dead-letters", AT, f"{AT}?at=x"):
        assert "This cannot be shown now" in page(viewer, path)


def test_a_queue_that_nobody_knows_is_not_found(viewer: Client, shop: Shop) -> None:
    page(viewer, "/dead-letters/nowhere", status=404)


def test_a_letter_that_is_gone_is_told_as_gone(viewer: Client, shop: Shop) -> None:
    shop.add()
    assert "It was discarded, or its retention has ended." in page(viewer, f"{AT}?at=gone")


def test_hostile_errors_and_payloads_are_inert(viewer: Client, shop: Shop) -> None:
    evil = "</pre><script>x()</script>\u202e\x1b[2J"
    job = shop.fail(shop.add(payload={evil: evil}), error=ErrorInfo(kind="<b>K</b>", message=evil, frames=BUSY.frames))
    for path in (AT, f"{AT}?at={job}"):
        html = page(viewer, path)
        assert "<script>x" not in html
        assert "<b>K" not in html
        assert "\u202e" not in html
        assert "\x1b" not in html
