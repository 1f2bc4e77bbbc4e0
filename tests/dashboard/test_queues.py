from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.test import Client

from dashboard import engine
from dashboard.access import Viewer
from dashboard.live import Watched
from dashboard.models import AuditEntry
from queueing import sync
from queueing.adapters.memory import MemoryBroker
from queueing.adapters.redis.reading import Reading
from queueing.domain.options import JobOptions
from queueing.domain.states import JobState
from queueing.errors import BrokerUnavailable
from tests.dashboard.shop import BUSY, Shop
from tests.eventually import eventually_sync

pytestmark = pytest.mark.django_db


def page(client: Client, path: str = "/queues", *, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def row(html: str, queue: str) -> list[str]:
    """The texts of a queue's cells."""
    found = re.search(rf'<tr id="queue-{queue}">(.*?)</tr>', html, re.DOTALL)
    assert found, queue
    cells = re.findall(r"<td[^>]*>(.*?)</td>", found[1], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]


def paused(shop: Shop, queue: str = "email_jobs") -> bool:
    status = sync.run(shop.cluster.inspector.queue(queue))
    return bool(status and status.paused)


def test_a_row_says_what_waits_runs_and_failed_and_what_the_broker_holds(viewer: Client, shop: Shop) -> None:
    shop.many(3)
    shop.start(shop.add())
    shop.fail(shop.add())
    cells = row(page(viewer), "email_jobs")
    assert cells[0] == "email_jobs send_email"
    assert cells[1] == "3"
    assert cells[3:7] == ["1", "0", "0", "1"]
    assert cells[7:10] == ["5", "0", "0"], "ready, dead letters, consumers, as the broker counts them"
    assert cells[10] == "1"


def test_while_the_broker_is_away_its_figures_are_unknown_and_the_others_stay(viewer: Client, shop: Shop) -> None:
    shop.many(3)
    with patch.object(shop.cluster.broker, "depth", side_effect=BrokerUnavailable("It does not answer.")):
        cells = row(page(viewer), "email_jobs")
    assert cells[1] == "3"
    assert cells[7:10] == ["unknown"] * 3


def test_while_the_store_is_away_the_page_says_so(viewer: Client, store_down: None) -> None:
    assert "This cannot be shown now" in page(viewer)
    assert "This cannot be shown now" in page(viewer, "/queues/email_jobs")


def test_a_queue_with_jobs_and_no_worker_is_marked_with_the_remedy(viewer: Client, shop: Shop) -> None:
    shop.add()
    assert row(page(viewer), "email_jobs")[0] == "email_jobs no worker send_email"
    assert "manage.py runworkers --queues email_jobs" in page(viewer, "/queues/email_jobs")


def test_without_any_queue_the_page_says_where_they_come_from(viewer: Client, operator: Client, shop: Shop) -> None:
    assert "A queue appears with its first job" in page(viewer)
    assert "Enqueue a job" not in page(viewer)
    assert "Enqueue a job" in page(operator)


def test_a_queues_own_page_has_its_types_and_its_workers(viewer: Client, shop: Shop) -> None:
    shop.add("resize")
    shop.succeed(shop.add("send_email"))
    html = page(viewer, "/queues/email_jobs")
    assert re.search(r'id="lane-resize".*?<td class="num">1</td>', html, re.DOTALL)
    assert re.search(r'id="serving-w-1".*?0 of 5 busy', html, re.DOTALL)


def test_a_queue_that_nobody_knows_is_not_found(viewer: Client, shop: Shop) -> None:
    assert "This queue is gone" in page(viewer, "/queues/nowhere", status=404)


def test_an_admin_pauses_and_resumes_and_both_are_in_the_book(admin: Client, shop: Shop) -> None:
    shop.add()
    answer = admin.post("/queues/email_jobs/pauses", follow=True)
    assert "email_jobs is paused." in answer.content.decode()
    assert paused(shop)
    assert row(page(admin), "email_jobs")[0] == "email_jobs paused paused by ada · send_email"
    admin.post("/queues/email_jobs/resumes")
    assert not paused(shop)
    assert [(entry.verb, entry.target) for entry in AuditEntry.objects.order_by("id")] == [
        ("pause", "queue email_jobs"),
        ("resume", "queue email_jobs"),
    ]


def test_a_script_stays_on_the_page_and_gets_a_toast(admin: Client, shop: Shop) -> None:
    shop.add()
    answer = admin.post("/queues/email_jobs/pauses", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert "email_jobs is paused." in answer.headers["HX-Trigger"]


def test_a_pause_that_does_not_go_through_is_said_and_booked(admin: Client, store_down: None) -> None:
    answer = admin.post("/queues/email_jobs/pauses", headers={"HX-Request": "true"})
    assert "was not paused" in answer.headers["HX-Trigger"]
    assert AuditEntry.objects.get().result == "failed"


@pytest.mark.parametrize("act", ["pauses", "resumes", "purge", "purges"])
@pytest.mark.parametrize("who", ["viewer", "operator", "outsider"])
def test_only_who_may_manage_may_pause_and_purge(
    request: pytest.FixtureRequest, shop: Shop, who: str, act: str
) -> None:
    shop.add()
    client = request.getfixturevalue(who)
    assert client.post(f"/queues/email_jobs/{act}", {"name": "email_jobs"}).status_code == 403
    assert not paused(shop)
    assert sync.run(shop.cluster.inspector.counts())[JobState.QUEUED] == 1


def test_who_may_not_manage_sees_no_button_for_it(operator: Client, admin: Client, shop: Shop) -> None:
    shop.add()
    for path in ("/queues", "/queues/email_jobs"):
        assert "/pauses" not in page(operator, path)
        assert "/purge" not in page(operator, path)
        assert "/pauses" in page(admin, path)


def test_a_purge_cancels_what_waits_leaves_what_runs_and_keeps_the_reason(admin: Client, shop: Shop) -> None:
    running, waiting = shop.start(shop.add()), shop.many(3)
    question = page(admin, "/queues/email_jobs/purge")
    assert "Purge 3 jobs" in question
    assert "The 1 that runs is left alone" in question
    answer = admin.post("/queues/email_jobs/purges", {"name": "email_jobs", "reason": "OPS-1"}, follow=True)
    assert "Cancelled 3 jobs." in answer.content.decode()
    assert {shop.job(job).state for job in waiting} == {JobState.CANCELLED}
    assert shop.job(running).state is JobState.RUNNING
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target, entry.count, entry.reason) == ("purge", "queue email_jobs", 3, "OPS-1")


def test_a_purge_with_a_wrong_name_asks_again_and_keeps_what_was_typed(admin: Client, shop: Shop) -> None:
    job = shop.add()
    answer = admin.post("/queues/email_jobs/purges", {"name": "email", "reason": "OPS-1"})
    assert answer.status_code == 422
    assert "That is not the queue’s name. Nothing was purged." in answer.content.decode()
    assert 'value="OPS-1"' in answer.content.decode()
    assert shop.job(job).state is JobState.QUEUED
    assert not AuditEntry.objects.exists()


def test_a_script_gets_the_question_alone_for_its_dialog(admin: Client, shop: Shop) -> None:
    shop.add()
    html = admin.get("/queues/email_jobs/purge", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in html
    assert 'name="csrfmiddlewaretoken"' in html


def test_foreign_names_are_text_and_nothing_else(viewer: Client, shop: Shop) -> None:
    shop.add("<script>x</script>")
    shop.fail(shop.add("a&b\"'><img>"), error=BUSY)
    for path in ("/queues", "/queues/email_jobs"):
        html = page(viewer, path)
        assert "<script>x" not in html
        assert "<img>" not in html
        assert "&lt;script&gt;x&lt;/script&gt;" in html


def rung(html: str, at: int) -> list[str]:
    """The texts of a step of the ladder: its name, the messages in it, the queue's jobs that are due."""
    found = re.search(rf'<li id="step-{at}">(.*?)</li>', html, re.DOTALL)
    assert found, at
    texts = re.sub(r"<svg.*?</svg>|<[^>]+>", "|", found[1], flags=re.DOTALL)
    return [text.strip() for text in texts.split("|") if text.strip()]


def test_the_ladder_tells_messages_of_all_queues_and_when_this_queues_jobs_are_due(viewer: Client, shop: Shop) -> None:
    shop.add(options=JobOptions(delay=100))
    shop.add("resize", options=JobOptions(delay=100_000))
    shop.add(queue="parcels", options=JobOptions(delay=100))
    shop.end(shop.start(shop.add()), JobState.RETRYING, error=BUSY, delay=100)
    html = page(viewer, "/queues/email_jobs")
    assert rung(html, 7)[:4] == ["1 min", "2", "messages of all queues", "2"], "the retry's message is not sent here"
    assert "1 scheduled, 1 retrying" in html
    assert rung(html, 7)[-1] == "jobs of email_jobs due before 2 min from now"
    assert rung(html, 12)[::3] == ["6 h", "1"]
    assert rung(html, 12)[-1] == "jobs of email_jobs due in 6 h or later"
    assert rung(html, 1)[:4] == ["¼ s", "0", "messages of all queues", "0"]
    assert "ladder-overdue" not in html
    other = rung(page(viewer, "/queues/parcels"), 7)
    assert (other[1], other[3]) == ("2", "1")


def test_the_ladder_is_pushed_as_the_page_has_it(viewer: Client, shop: Shop) -> None:
    def drawn(html: str) -> str:
        return html[html.index('<section class="card" id="ladder"') : html.index('aria-labelledby="h-serving"')]

    watched = Watched.of("queues.one", {"queue": "email_jobs"}, Viewer(frozenset({"view"})))
    shop.add(options=JobOptions(delay=100))
    first = watched.render()
    assert drawn(page(viewer, "/queues/email_jobs")) == drawn(first)
    shop.add(options=JobOptions(delay=100))
    engine._gauges_of(shop.cluster).forget()
    assert rung(watched.render(), 7)[:4] == ["1 min", "2", "messages of all queues", "2"]


def test_what_is_due_and_nobody_has_moved_on_is_said(viewer: Client, shop: Shop) -> None:
    shop.add(options=JobOptions(run_at=datetime.now(UTC) + timedelta(seconds=0.02)))
    due = eventually_sync(lambda: re.search(r'id="ladder-overdue".*?</p>', page(viewer, "/queues/email_jobs")))
    assert "1 job is due" in due[0]


def test_while_the_broker_is_away_the_ladder_still_tells_the_jobs(viewer: Client, shop: Shop) -> None:
    shop.add(options=JobOptions(delay=100))
    with patch.object(shop.cluster.broker, "waiting", side_effect=BrokerUnavailable("It does not answer.")):
        html = page(viewer, "/queues/email_jobs")
    assert rung(html, 7)[:4] == ["1 min", "?", "unknown", "1"]
    assert "the broker does not answer" in html


def test_a_broker_that_cannot_be_asked_what_waits_is_said_not_to_tell(
    viewer: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.add(options=JobOptions(delay=100))
    monkeypatch.delattr(MemoryBroker, "waiting")
    html = page(viewer, "/queues/email_jobs")
    assert rung(html, 7)[:4] == ["1 min", "?", "unknown", "1"]
    assert "this broker does not tell" in html
    assert "the broker does not answer" not in html


def test_a_store_that_cannot_be_asked_what_is_due_has_a_page_without_a_ladder(
    viewer: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.add(options=JobOptions(delay=100))
    monkeypatch.delattr(Reading, "due")
    html = page(viewer, "/queues/email_jobs")
    assert "email_jobs" in html
    assert 'id="ladder"' not in html


def test_a_long_ladder_costs_as_many_questions_as_a_short_one(
    viewer: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    run = shop.cluster.store._connection.run

    async def counted(name: str, *arguments: object) -> object:
        asked.append(name)
        return await run(name, *arguments)

    shop.add(options=JobOptions(delay=100))
    monkeypatch.setattr(shop.cluster.store._connection, "run", counted)
    page(viewer, "/queues/email_jobs")
    few = sorted(asked)
    sync.run(shop.cluster.producer.add_many("email_jobs", "send_email", [{}] * 300, JobOptions(delay=100)))
    asked.clear()
    html = page(viewer, "/queues/email_jobs")
    assert rung(html, 7)[3] == "301"
    assert sorted(asked) == few
