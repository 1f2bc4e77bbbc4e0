from __future__ import annotations

import re

import pytest
from django.test import Client

from dashboard.access import Viewer
from dashboard.live import Watched
from dashboard.models import AuditEntry
from queueing import Backoff, sync
from queueing.domain.job import ErrorInfo, Progress
from queueing.domain.options import JobOptions
from queueing.domain.ports import Outgoing
from queueing.domain.states import JobState
from queueing.worker import tracebacks
from tests.dashboard.shop import BUSY, Shop

pytestmark = pytest.mark.django_db
SECRET = {"user": "mira", "password": "hunter2"}


def page(client: Client, job_id: str, *, status: int = 200) -> str:
    answer = client.get(f"/jobs/{job_id}")
    assert answer.status_code == status
    return answer.content.decode()


def part(html: str, name: str) -> str:
    """A live part of the page, as the socket would send it now."""
    token = re.search(rf'id="{name}"[^>]* data-live="([^"]+)"', html)
    assert token, name
    return Watched.signed(token[1], Viewer(frozenset({"view"}))).render()


def test_it_says_what_the_job_is_where_and_how_far(viewer: Client, shop: Shop) -> None:
    job = shop.add(options=JobOptions(tags=("digest",), timeout=30, backoff=Backoff.fixed(10)), by="console:mira")
    html = page(viewer, job)
    for said in (job, "send_email", "email_jobs", "attempt 0 of 3", "digest", "always 10 s", "30 s", "mira"):
        assert said in html, said


def test_a_running_job_shows_progress_and_its_log_as_they_come(viewer: Client, shop: Shop) -> None:
    job = shop.start(shop.add())
    html = page(viewer, job)
    assert "It has said nothing yet" in html
    shop.say(job, "connected to mx2", progress=Progress(done=1, total=3, note="posting"))
    story = part(html, "job-story")
    assert "connected to mx2" in story
    assert re.search(r'<progress[^>]* value="1.0" max="3.0"', story)
    assert "posting" in story


def test_attempts_stand_newest_first_with_error_and_source(viewer: Client, shop: Shop) -> None:
    job = shop.start(shop.add())
    shop.end(job, JobState.RETRYING, error=BUSY, delay=0)
    shop.start(job)
    shop.end(job, JobState.FAILED, error=ErrorInfo(kind="ValueError", message="bad", frames=BUSY.frames[:1]))
    html = page(viewer, job)
    assert html.index('<b class="nowrap">Attempt 2</b>') < html.index('<b class="nowrap">Attempt 1</b>')
    assert '<code class="at">        raise Busy</code>' in html
    assert "shop/mail.py" in html


def test_our_frames_are_open_and_those_of_libraries_are_folded(viewer: Client, shop: Shop) -> None:
    html = page(viewer, shop.fail(shop.add()))
    assert re.search(r"<details[^>]* open><summary>(?:(?!</summary>).)*shop/mail.py", html, re.DOTALL)
    library = re.search(r'<li class="lib"><details id="[^"]*"(.*?)>', html)
    assert library
    assert "open" not in library[1]
    assert "1 frame of httpx" in html


def test_the_same_traceback_is_not_shown_twice(viewer: Client, shop: Shop) -> None:
    job = shop.start(shop.add())
    shop.end(job, JobState.RETRYING, error=BUSY)
    shop.start(job)
    shop.end(job, JobState.FAILED, error=BUSY)
    html = page(viewer, job)
    assert html.count("raise Busy") == 1
    assert "Same traceback as attempt 2." in html


def test_a_job_that_failed_without_an_attempt_shows_why(viewer: Client, shop: Shop) -> None:
    job = shop.add()
    spec = shop.job(job).spec
    other = type(spec)(**{name: getattr(spec, name) for name in spec.__struct_fields__} | {"id": "foreign-1"})
    sync.run(shop.cluster.store.bury(other, tracebacks.verdict("Malformed", "no type in it")))
    html = page(viewer, "foreign-1")
    assert "Malformed" in html
    assert "no type in it" in html


def test_the_timeline_tells_where_it_waited_and_where_it_ran(viewer: Client, shop: Shop) -> None:
    html = page(viewer, shop.fail(shop.add()))
    timeline = html[html.index('class="timeline"') : html.index("</ol>")]
    assert re.findall(r'class="step clip">([^<]+)<', timeline) == ["Queued", "Attempt 1", "Busy"]


def test_the_payload_is_shown_with_secrets_masked(viewer: Client, shop: Shop) -> None:
    html = page(viewer, shop.add(payload=SECRET))
    assert "mira" in html
    assert "hunter2" not in html
    assert "masked" in html


def test_results_are_masked_too(viewer: Client, shop: Shop) -> None:
    html = page(viewer, shop.succeed(shop.add(), result=b'{"token": "t0ps3cret", "rows": 7}'))
    assert "t0ps3cret" not in html
    assert "Result" in html


def test_revealing_is_a_permission_and_is_booked(admin: Client, operator: Client, shop: Shop) -> None:
    job = shop.add(payload=SECRET)
    assert "Reveal" not in page(operator, job)
    assert "Reveal 1 masked" in page(admin, job)
    assert "Reveal" not in page(admin, shop.add(payload={"user": "mira"}))
    assert operator.post("/job-reveals", {"job": job}).status_code == 403
    assert "hunter2" in admin.post("/job-reveals", {"job": job}).content.decode()
    entry = AuditEntry.objects.get(result="done")
    assert (entry.who, entry.verb, entry.target) == ("ada", "reveal", f"job {job}")


def test_a_long_payload_is_cut_and_can_be_had_whole(viewer: Client, shop: Shop) -> None:
    job = shop.add(payload={"text": "x" * 80_000, "end": "the-end"})
    html = page(viewer, job)
    assert "the-end" not in html
    assert "Show all" in html
    assert "the-end" in viewer.get(f"/jobs/{job}?payload=whole").content.decode()


def test_bytes_that_are_no_job_are_shown_as_hex_and_text(viewer: Client, shop: Shop) -> None:
    job = shop.add()
    spec = shop.job(job).spec
    raw = {"id": "raw-1", "payload": b"\x00<script>\xff", "encoding": "raw", "type": "(unreadable)"}
    other = type(spec)(**{name: getattr(spec, name) for name in spec.__struct_fields__} | raw)
    sync.run(shop.cluster.store.bury(other, tracebacks.verdict("Malformed", "The message is not a job")))
    html = page(viewer, "raw-1")
    assert "00 3c 73 63 72 69 70 74" in html
    assert "\\u0000&lt;script&gt;\\xff" in html
    assert "could not be read as a job" in html


def test_hostile_payloads_and_errors_are_text(viewer: Client, shop: Shop) -> None:
    evil = "</script><script>alert(1)</script>"
    job = shop.fail(shop.add(payload={evil: evil}), ErrorInfo(kind="Evil", message=f"{evil}\u202e"))
    html = page(viewer, job)
    assert evil not in html
    assert "<script>alert" not in html
    assert "\u202e" not in html


def test_there_is_a_page_for_an_id_that_nobody_knows(viewer: Client, shop: Shop) -> None:
    html = page(viewer, "0190-no-such", status=404)
    assert "0190-no-such" in html
    assert "its retention has ended" in html


def test_a_job_that_goes_while_it_is_looked_at_says_so(viewer: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    html = page(viewer, job)
    sync.run(shop.cluster.operations.discard([job]))
    assert "This job is gone" in part(html, "job-head")
    for name in ("job-why", "job-life", "job-story", "job-details"):
        assert part(html, name).strip() == "", name


def test_a_waiting_job_says_why_it_does_not_run(viewer: Client, shop: Shop) -> None:
    html = page(viewer, shop.add())
    assert "No worker takes from email_jobs." in html
    shop.works()
    assert "Nothing stands in its way." in part(html, "job-why")
    sync.run(shop.cluster.operations.pause("email_jobs", by="mira"))
    assert "The queue email_jobs is paused by mira." in part(html, "job-why")


def test_a_running_job_is_not_asked_why_it_does_not_run(viewer: Client, shop: Shop) -> None:
    html = page(viewer, shop.start(shop.add()))
    assert "Why isn’t it running?" not in html


def test_a_viewer_sees_no_buttons(viewer: Client, operator: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    assert "/job-retries" not in page(viewer, job)
    assert "/job-retries" in page(operator, job)


def test_an_outsider_sees_nothing_of_it(outsider: Client, shop: Shop) -> None:
    assert "email_jobs" not in page(outsider, shop.add(), status=403)


def test_when_the_store_is_down_the_page_says_so(viewer: Client, store_down: None) -> None:
    assert "This job cannot be shown now" in page(viewer, "0190-any")


def test_a_message_from_a_foreign_producer_names_it(viewer: Client, shop: Shop) -> None:
    sync.run(shop.cluster.broker.publish([Outgoing(queue="q", type="t", body=b"{}", headers={}, message_id="1")]))
    assert "A foreign producer" in page(viewer, shop.add(by="foreign"))


def test_while_the_broker_is_down_a_job_says_that_its_message_waits(viewer: Client, shop_without_broker: Shop) -> None:
    why = part(page(viewer, shop_without_broker.add()), "job-why")
    assert "RabbitMQ does not answer. No job starts until it is back." in why
    assert "in the outbox" in why
