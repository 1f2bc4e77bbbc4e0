from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from dashboard.models import AuditEntry
from queueing import sync
from queueing.domain.job import Progress
from queueing.domain.ports import Command
from tests.dashboard.shop import Shop, running_job, worker_status

pytestmark = pytest.mark.django_db


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/workers{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def row(html: str, worker: str) -> str:
    found = re.search(rf'<tr id="worker-{worker}"(.*?)</tr>', html, re.DOTALL)
    assert found, worker
    return found[1]


def commands(shop: Shop, worker: str = "w-1") -> list[Command]:
    return list(sync.run(shop.cluster.store.beat(worker_status(worker), ttl=15)).commands)


def gone(shop: Shop, worker: str = "w-2", **more: Any) -> None:
    """It beat once, and its key has run out since."""
    shop.works(worker, **more)
    sync.run(shop.cluster.store.forget_worker(worker))


def test_a_row_says_where_it_runs_what_it_does_and_when_it_last_beat(viewer: Client, shop: Shop) -> None:
    shop.works(running=(running_job("a"), running_job("b")), succeeded=1200, failed=3, queues=("a", "b", "c"))
    html = page(viewer)
    said = row(html, "w-1")
    for text in ("app-01", "41", "Leveret 1", "2 of 5 slots busy", "10 %", "50.0 MB", "1,200", "and 1 more"):
        assert text in said, text
    # The page of a busy machine comes seconds after the beat.
    assert re.search(r'data-when="bare"[^>]*>(now|\d s)<', said)
    assert "Slots <b>2 of 5 busy</b>" in html


def test_the_jobs_of_all_workers_stand_below_the_longest_running_first(viewer: Client, shop: Shop) -> None:
    first, second = shop.start(shop.add()), shop.start(shop.add())
    jobs = [running_job(first), running_job(second)]
    shop.works(running=tuple(reversed(jobs)))
    shop.say(first, progress=Progress(done=1, total=3, note="posting"))
    html = page(viewer)
    assert html.index(f"run-{first}") < html.index(f"run-{second}")
    assert "1 of 3" in html
    assert "posting" in html
    assert f'href="/jobs/{first}"' in html


def test_a_chosen_workers_jobs_are_its_own(viewer: Client, shop: Shop) -> None:
    shop.works("w-1", running=(running_job("mine"),))
    shop.works("w-2", running=(running_job("other"),))
    html = page(viewer, "?at=w-1")
    assert "run-mine" in html
    assert "run-other" not in html


def test_a_worker_that_went_without_a_word_is_marked_explained_and_cannot_be_commanded(
    admin: Client, shop: Shop
) -> None:
    shop.works("w-1")
    gone(shop, "w-2")
    html = page(admin, "?at=w-2")
    assert "gone" in row(html, "w-2")
    assert "likely killed: it said no goodbye" in row(html, "w-2")
    assert "/commands" not in row(html, "w-2")
    assert "What it ran is claimed by other workers" in html
    answer = admin.post("/workers/w-2/commands", {"kind": "quiet"}, headers={"HX-Request": "true"})
    assert "It is gone" in answer.headers["HX-Trigger"]
    assert AuditEntry.objects.get().result == "failed"


def test_two_workers_of_one_process_can_be_told_apart(viewer: Client, shop: Shop) -> None:
    shop.works("host-41-aaaa")
    shop.works("host-41-bbbb")
    html = page(viewer)
    assert "41 aaaa" in row(html, "host-41-aaaa")
    assert "Memory <b>50.0 MB</b>" in html, "the memory of a process is counted once"


def test_without_a_worker_the_page_says_how_to_start_one(viewer: Client, shop: Shop) -> None:
    assert "manage.py runworkers" in page(viewer)


def test_a_worker_that_is_gone_from_the_list_is_missed(viewer: Client, shop: Shop) -> None:
    shop.works()
    assert "That worker is not here any more" in page(viewer, "?at=w-9")


def test_while_the_store_is_away_the_page_says_so(viewer: Client, store_down: None) -> None:
    assert "This cannot be shown now" in page(viewer)


@pytest.mark.parametrize("kind", ["quiet", "resume", "stop"])
def test_an_admin_commands_a_worker_and_it_is_in_the_book(admin: Client, shop: Shop, kind: str) -> None:
    shop.works()
    answer = admin.post("/workers/w-1/commands", {"kind": kind}, headers={"HX-Request": "true"})
    assert f"app-01 41 is told: {kind}." in answer.headers["HX-Trigger"]
    assert commands(shop) == [Command(kind=kind)]
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target, entry.who) == (kind, "worker w-1", "ada")


def test_an_admin_sets_how_many_jobs_a_worker_runs_at_a_time(admin: Client, shop: Shop) -> None:
    shop.works(concurrency=5)
    question = admin.get("/workers/w-1/concurrency").content.decode()
    assert 'value="5"' in question
    assert commands(shop) == [], "a question is only a question"
    answer = admin.post("/workers/w-1/commands", {"kind": "concurrency", "value": "1,200"}, follow=True)
    assert "app-01 41 is told: concurrency 1200." in answer.content.decode()
    assert commands(shop) == [Command(kind="concurrency", value="1200")]
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target, entry.detail) == ("concurrency", "worker w-1", "5 → 1200")


@pytest.mark.parametrize("value", ["", "0", "-1", "many", "10001", "9" * 40, "٣"])
def test_a_number_of_slots_that_no_worker_takes_is_asked_for_again(admin: Client, shop: Shop, value: str) -> None:
    shop.works()
    answer = admin.post("/workers/w-1/commands", {"kind": "concurrency", "value": value})
    assert answer.status_code == 422
    assert "A number from 1 to 10,000." in answer.content.decode()
    assert commands(shop) == []
    assert not AuditEntry.objects.exists()


def test_a_worker_that_is_gone_is_asked_for_no_number(admin: Client, shop: Shop) -> None:
    gone(shop, "w-2")
    assert admin.get("/workers/w-2/concurrency").status_code == 404


DUMP = """taken 2026-11-24T13:00:00+00:00
task heartbeat of w-1
  File "heartbeat.py", line 1, in beat
task job {job}
  File "shop/mail.py", line 12, in send
    raise <b>Busy</b>
thread MainThread
  File "x.py", line 2, in run
"""


def test_a_dump_shows_the_stack_of_each_job_before_the_workers_own(admin: Client, shop: Shop) -> None:
    shop.works()
    job = shop.add()
    assert "No stacks yet" in admin.get("/workers/w-1/dump").content.decode()
    answer = admin.post("/workers/w-1/commands", {"kind": "dump"})
    assert answer.headers["Location"] == "/workers/w-1/dump"
    assert commands(shop) == [Command(kind="dump")]
    assert AuditEntry.objects.get().verb == "dump"
    sync.run(shop.cluster.store.keep_dump("w-1", DUMP.format(job=job), ttl=60))
    html = admin.get("/workers/w-1/dump").content.decode()
    assert html.index("shop/mail.py") < html.index("heartbeat.py")
    assert f'id="task-{job}"' in html
    assert f'href="/jobs/{job}"' in html
    assert "<b>Busy" not in html
    assert "2 tasks and threads of the worker itself" in html


def test_the_dump_of_a_worker_that_is_gone_is_still_shown(admin: Client, shop: Shop) -> None:
    gone(shop, "w-2")
    assert "This worker is gone" in admin.get("/workers/w-2/dump").content.decode()
    sync.run(shop.cluster.store.keep_dump("w-2", "thread Main\n  File", ttl=60))
    html = admin.get("/workers/w-2/dump").content.decode()
    assert "It ran no job at that moment." in html
    assert "Take another" not in html


def test_only_who_may_manage_sees_stacks(operator: Client, shop: Shop) -> None:
    shop.works()
    for path in ("/workers/w-1/dump", "/workers/w-1/concurrency"):
        assert operator.get(path).status_code == 403


def test_a_running_job_leads_to_its_stack(admin: Client, operator: Client, shop: Shop) -> None:
    job = shop.start(shop.add())
    link = f'href="/workers/w-1/dump#task-{job}"'
    assert link in admin.get(f"/jobs/{job}").content.decode()
    assert link not in operator.get(f"/jobs/{job}").content.decode()


@pytest.mark.parametrize("kind", ["", "cancel", "explode", "quiet x"])
def test_other_commands_are_not_sent(admin: Client, shop: Shop, kind: str) -> None:
    shop.works()
    admin.post("/workers/w-1/commands", {"kind": kind})
    assert commands(shop) == []
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("who", ["viewer", "operator", "outsider"])
def test_only_who_may_manage_may_command(request: pytest.FixtureRequest, shop: Shop, who: str) -> None:
    shop.works()
    client = request.getfixturevalue(who)
    assert client.post("/workers/w-1/commands", {"kind": "stop"}).status_code == 403
    assert commands(shop) == []


def test_who_may_not_manage_sees_no_button_for_it(operator: Client, admin: Client, shop: Shop) -> None:
    shop.works()
    assert "/commands" not in page(operator)
    assert 'value="quiet"' in page(admin)


def test_a_quiet_worker_is_marked_and_can_be_resumed(admin: Client, shop: Shop) -> None:
    shop.works(state="quiet")
    html = page(admin, "?at=w-1")
    assert 'value="resume"' in row(html, "w-1")
    assert "is quiet: 0 jobs still run, it takes no more" in html


def test_hostile_names_of_hosts_and_jobs_are_inert(viewer: Client, shop: Shop) -> None:
    shop.works(host="<b>h</b>\x1b[31m", version="<i>", running=(running_job("<svg>"),))
    html = page(viewer)
    for tag in ("<b>h", "<i>", "<svg>", "\x1b"):
        assert tag not in html
    assert "&lt;b&gt;h&lt;/b&gt;\\u001b[31m" in html


def test_a_stop_asks_first_and_says_what_goes_with_it(admin: Client, operator: Client, shop: Shop) -> None:
    shop.works("host-41-aaaa", running=(running_job(),))
    shop.works("host-41-bbbb")
    question = " ".join(admin.get("/workers/host-41-aaaa/stop").content.decode().split())
    assert "Stop app-01 41?" in question
    assert "1 job runs on it." in question
    assert "1 other worker in the same process ends with it." in question
    assert commands(shop, "host-41-aaaa") == []
    assert operator.get("/workers/host-41-aaaa/stop").status_code == 403
    assert admin.get("/workers/nobody/stop").status_code == 404
    answer = admin.post("/workers/host-41-aaaa/commands", {"kind": "stop"})
    assert answer.headers["Location"] == "/workers", "not back to the question"
