"""The page of the audit log: who sees it, how it is narrowed, paged, followed and taken away."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from dashboard import auditlist
from dashboard.access import Viewer
from dashboard.audit import Actor, Subject, write
from dashboard.live import Watched
from dashboard.models import AuditEntry
from tests.dashboard.bulk import confirm, due, failed, run
from tests.dashboard.shop import Shop
from tests.dashboard.test_operations import few

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]
__all__ = ["few"]
AUDITOR = Viewer(frozenset({"view", "audit"}))


def act(who: str = "mira", verb: str = "retry", target: str = "job 1", **more: object) -> AuditEntry:
    actor = Actor(user_id=None, who=who, address=more.pop("address", "10.20.4.9"), agent="Firefox")  # type: ignore[arg-type]
    return write(actor, verb, target, **more)  # type: ignore[arg-type]


def page(client: Client, query: str = "", *, status: int = 200) -> str:
    answer = client.get(f"/audit{query}")
    assert answer.status_code == status, answer.headers
    return answer.content.decode()


def rows(client: Client, query: str = "") -> list[int]:
    return [int(found) for found in re.findall(r'<tr id="entry-(\d+)"', page(client, query))]


def live(html: str, name: str, viewer: Viewer = AUDITOR) -> str:
    token = re.search(rf'id="{name}"[^>]* data-live="([^"]+)"', html)
    assert token, name
    return Watched.signed(token[1], viewer).render()


# who sees it


@pytest.mark.parametrize("path", ["/audit", "/audit/1", "/audit-exports"])
def test_who_may_only_look_does_not_see_the_log(viewer: Client, path: str) -> None:
    act()
    assert viewer.get(path).status_code == 403
    assert "Audit" not in viewer.get("/operations").content.decode()


def test_a_row_says_who_did_what_to_what_why_from_where_with_what_result(operator: Client) -> None:
    act(verb="purge", target="queue media", reason="OPS-2304", result="failed", detail="RabbitMQ was away")
    html = page(operator)
    for said in ("mira", "Purge", "queue media", "OPS-2304", "10.20.4.9", "failed", "RabbitMQ was away"):
        assert said in html, said
    assert 'href="/queues/media"' in html


def test_what_people_wrote_is_shown_and_not_obeyed(operator: Client) -> None:
    entry = act(who="<i>x", target="job 1", reason="<script>alert(1)</script>\u202e", detail="<b>")
    for html in (page(operator), page(operator, f"/{entry.pk}")):
        assert "<script>alert" not in html and "<i>x" not in html and "\u202e" not in html


def test_an_empty_log_says_what_will_stand_there(operator: Client) -> None:
    assert "Nobody has done anything yet" in page(operator)
    assert "No entry matches" in page(operator, "?who=nobody")


# narrowed


@pytest.mark.parametrize(
    "query",
    [
        "?who=jon",
        "?did=purge",
        "?did=Purge",
        "?result=refused",
        "?from=10.20.7.2",
        "?queue=media",
        "?q=invoices",
        "?q=OPS-1",
        "?q=jon+purge+media",
        "?who=jon&queue=media&result=refused",
    ],
)
def test_it_is_narrowed_by_the_url(operator: Client, query: str) -> None:
    act()
    wanted = act(
        "jon", "purge", "queue media", address="10.20.7.2", result="refused", reason="OPS-1", detail="invoices"
    )
    act("mira", "pause", "queue mediation", reason="OPS-2")
    assert rows(operator, query) == [wanted.pk]


def test_what_is_typed_becomes_conditions_of_the_url(operator: Client) -> None:
    answer = operator.get("/audit", {"q": 'did:"run now" who:jon because', "result": "done"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/audit?who=jon&did=run+now&result=done&q=because"
    assert page(operator, answer.headers["Location"].removeprefix("/audit"))


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("whom:jon", "there is no such condition"),
        ("result:bad", "choose from started, done"),
        ("newer:soon", "that is no age"),
        ("since:yesterday", "that is no time"),
        ("from:home", "that is no address"),
        ("operation:last", "has a number"),
        ("-who:jon", "nothing can be excluded"),
        ('"open', "there is no end"),
    ],
)
def test_a_condition_that_is_wrong_is_left_out_and_said(operator: Client, typed: str, why: str) -> None:
    entry = act()
    html = page(operator, f"?q={quote(typed)}")
    assert why in html and 'aria-invalid="true"' in html
    assert f'id="entry-{entry.pk}"' in html


def test_it_is_narrowed_to_a_time(operator: Client) -> None:
    old, new = act(), act()
    AuditEntry.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=2))
    assert rows(operator, "?newer=24h") == [new.pk]
    assert rows(operator, f"?until={quote((timezone.now() - timedelta(days=1)).isoformat())}") == [old.pk]
    assert rows(operator, f"?since={quote((timezone.now() - timedelta(days=1)).isoformat())}") == [new.pk]


def test_all_that_was_done_to_a_job_is_found(operator: Client, shop: Shop) -> None:
    first, second = failed(shop, 2)
    operator.post("/job-retries", {"job": [first, second]})
    operator.post("/job-cancellations", {"job": second})
    both, one = AuditEntry.objects.filter(verb="retry").get(), AuditEntry.objects.filter(verb="cancel").get()
    assert rows(operator, f"?job={second}") == [one.pk, both.pk]
    assert rows(operator, f"?job={first}") == [both.pk]
    assert set(rows(operator, "?queue=email_jobs")) == {one.pk, both.pk}
    assert rows(operator, "?job=none-such") == []


def test_operations_that_had_the_job_in_their_set_are_found_by_it(operator: Client, shop: Shop, few: None) -> None:
    jobs = failed(shop, 4)
    operation = due(confirm(operator))
    run(operation)
    other = shop.fail(shop.add())
    assert len(rows(operator, f"?job={jobs[2]}")) == 2, "its start and its end"
    assert rows(operator, f"?job={other}") == []
    assert rows(operator, f"?job={jobs[2][:-1]}") == [], "a part of an id is no id"
    assert len(rows(operator, f"?operation={operation.pk}")) == 2
    assert f"/audit?operation={operation.pk}" in operator.get(f"/operations/{operation.pk}").content.decode()


def test_a_jobs_page_says_who_acted_to_those_who_may_know(operator: Client, viewer: Client, shop: Shop) -> None:
    [job] = failed(shop, 1)
    operator.post("/job-retries", {"job": job})
    html = operator.get(f"/jobs/{job}").content.decode()
    assert "Who acted" in html and f"/audit?job={job}" in html
    assert "Who acted" not in viewer.get(f"/jobs/{job}").content.decode()
    assert live(html, "job-people", Viewer(frozenset({"view"}))).strip() == ""
    operator.post("/job-cancellations", {"job": job})
    assert "Cancel" in live(html, "job-people")


def test_a_job_that_is_gone_still_leads_to_what_was_done_to_it(operator: Client, shop: Shop) -> None:
    [job] = failed(shop, 1)
    operator.post("/job-discards", {"job": job, "sure": "yes"})
    assert f"/audit?job={job}" in operator.get(f"/jobs/{job}").content.decode()
    assert len(rows(operator, f"?job={job}")) == 1


# paged and followed


def test_pages_go_by_key_both_ways_and_do_not_shift_while_entries_come(operator: Client, monkeypatch: object) -> None:
    entries = [act(target=f"job {number}").pk for number in range(7)]
    entries.reverse()
    pytest.MonkeyPatch.setattr(monkeypatch, auditlist, "PAGE", 3)  # type: ignore[arg-type]
    assert rows(operator) == entries[:3]
    act(target="job new")
    assert rows(operator, f"?before={entries[2]}") == entries[3:6]
    assert rows(operator, f"?before={entries[5]}") == entries[6:]
    assert rows(operator, f"?after={entries[6]}") == entries[3:6]
    last = page(operator, f"?before={entries[5]}")
    assert f'href="/audit?after={entries[6]}" rel="prev"' in last and 'rel="next"' not in last
    first = page(operator)
    assert 'rel="prev"' not in first and 'rel="next"' in first


def test_a_place_keeps_the_conditions_and_nonsense_is_no_place(operator: Client) -> None:
    wanted = [act().pk, act().pk]
    act("jon")
    assert rows(operator, f"?who=mira&before={wanted[1]}") == [wanted[0]]
    assert len(rows(operator, "?before=x&after=99999999999999999999")) == 3


def test_new_entries_wait_behind_the_pill(operator: Client) -> None:
    act()
    html = page(operator, "?who=mira")
    assert "new</a>" not in live(html, "audit-new")
    act("jon")
    assert "new</a>" not in live(html, "audit-new"), "it would not be in this list"
    act("mira")
    assert "1 new</a>" in live(html, "audit-new")


# one entry


def test_an_entry_has_a_page_with_all_that_it_says(operator: Client, shop: Shop) -> None:
    jobs = failed(shop, 2)
    act()
    operator.post("/job-retries", {"job": jobs}, headers={"User-Agent": "Lynx"})
    act()
    entry = AuditEntry.objects.get(verb="retry", who="otto")
    html = page(operator, f"/{entry.pk}")
    for said in (*jobs, "Lynx", "127.0.0.1", entry.seal, "unaltered", f"entry {entry.pk - 1}", f"entry {entry.pk + 1}"):
        assert said in html, said
    assert f'href="/jobs/{jobs[0]}"' in html


def test_an_altered_entry_says_so_and_so_does_one_whose_forerunner_is_gone(operator: Client) -> None:
    first, second, third = act(), act(), act()
    AuditEntry.objects.filter(pk=second.pk).update(who="jon")
    assert "altered after it was written" in page(operator, f"/{second.pk}")
    first.delete()
    assert "an entry that is gone" in page(operator, f"/{second.pk}")
    assert "unaltered" in page(operator, f"/{third.pk}")


def test_an_entry_that_is_not_there_is_a_404(operator: Client) -> None:
    page(operator, "/99", status=404)


# taken away


def taken(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200 and answer.streaming
    return b"".join(answer).decode()


def test_the_csv_has_what_matches_and_no_formula(operator: Client) -> None:
    act("jon")
    entry = act(reason='=HYPERLINK("x")', target="@SUM(A1)", detail="two\nlines")
    [row] = csv.DictReader(io.StringIO(taken(operator, "/audit-exports?who=mira"), newline=""))
    assert row["id"] == str(entry.pk) and row["seal"] == entry.seal
    assert row["reason"].startswith("'=") and row["target"].startswith("'@") and row["detail"] == "two\nlines"


def test_the_json_lines_have_each_entry_on_one(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditlist, "STEP", 2)
    entries = [act(reason="two\nli\u2028nes") for _ in range(5)]
    lines = taken(operator, "/audit-exports?form=jsonl").split("\n")
    assert lines.pop() == ""
    found = [json.loads(line) for line in lines]
    assert [one["id"] for one in found] == [entry.pk for entry in reversed(entries)]
    assert found[0]["reason"] == "two\nli\u2028nes" and found[0]["previous"] == found[1]["seal"]


def test_an_export_is_entered_in_the_log_and_does_not_contain_itself(operator: Client) -> None:
    act()
    assert len(taken(operator, "/audit-exports?did=retry&form=jsonl").splitlines()) == 1
    entry = AuditEntry.objects.first()
    assert entry and (entry.who, entry.verb, entry.detail) == ("otto", "export", "JSON lines")


def test_a_search_for_what_is_masked_is_booked_without_what_was_looked_for(admin: Client) -> None:
    admin.get("/jobs?q=args.password:hunter2")
    entry = AuditEntry.objects.get(verb="search masked")
    assert entry.target == "args.password:…"


def test_subjects_are_cut_to_what_the_database_takes(operator: Client) -> None:
    entry = act(about=[Subject("type", "t" * 400)])
    assert entry.subjects.get(kind="type").name.endswith("…")
