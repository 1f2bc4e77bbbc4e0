"""Searching through jobs: for what the index does not know, step by step, and never for what is masked."""

from __future__ import annotations

import re
from unittest.mock import patch
from urllib.parse import quote

import pytest
from django.test import Client

from dashboard.access import Viewer
from dashboard.live import Watched
from dashboard.models import AuditEntry
from queueing.adapters.redis import paging
from queueing.domain.job import ErrorInfo
from queueing.domain.options import JobOptions
from queueing.inspector import PAGE
from tests.dashboard.shop import Shop
from tests.dashboard.test_jobs import again, page, rows

pytestmark = pytest.mark.django_db
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def search(client: Client, text: str) -> str:
    return page(client, f"?q={quote(text)}")


def banner(html: str) -> str:
    found = re.search(r'id="searching".*?<span>(.*?)</span><span class="end">', html, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>", "", found[1])


def next_step(html: str) -> str:
    found = re.search(r'data-on="([^"]+)"', html)
    assert found
    return found[1].replace("&amp;", "&")


def test_a_job_is_found_by_an_argument(viewer: Client, shop: Shop) -> None:
    wanted = shop.add(payload={"user": {"id": 123}})
    shop.add(payload={"user": {"id": 124}})
    html = search(viewer, "args.user.id:123")
    assert rows(html) == [wanted]
    assert banner(html) == "Looked at all 2 jobs: 1 found."
    assert "data-on" not in html


def test_a_job_is_found_by_words_in_its_arguments_or_its_error(viewer: Client, shop: Shop) -> None:
    shop.add(payload={"to": "olga"})
    asked = shop.add(payload={"to": ["Mira Ode"]})
    failed = shop.fail(shop.add(payload={"to": "li"}), ErrorInfo(kind="X", message="mira ODE is unknown"))
    assert set(rows(search(viewer, '"mira ode"'))) == {asked, failed}


def test_terms_narrow_each_other_and_a_minus_excludes(viewer: Client, shop: Shop) -> None:
    first = shop.add(payload={"n": 1}, options=JobOptions(tags=("a", "b")))
    second = shop.add(payload={"n": 2}, options=JobOptions(tags=("a",)))
    assert rows(search(viewer, "tag:a -tag:b")) == [second]
    assert rows(search(viewer, "tag:a tag:b args.n:<2")) == [first]
    assert rows(search(viewer, "-args.n:1")) == [second]


def test_a_search_goes_on_where_it_stopped_and_keeps_what_it_found(
    viewer: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PATIENCE", 0.0)
    monkeypatch.setattr(paging, "STRIDE", 10)
    ids = [shop.add(payload={"n": n}) for n in range(25)]
    html = search(viewer, "args.n:>14")
    assert rows(html) == ids[:14:-1]
    assert banner(html).startswith("Looked at 10 of 25 jobs, back to")
    assert 'aria-label="Search progress"' in html
    steps = [html]
    while "data-on" in steps[-1]:
        steps.append(page(viewer, next_step(steps[-1]).removeprefix("/jobs")))
    assert len(steps) == 3
    assert rows(steps[-1]) == ids[:14:-1]
    assert banner(steps[-1]) == "Looked at all 25 jobs: 10 found."


def test_a_script_gets_the_next_step_alone_and_its_list_is_live(
    viewer: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PATIENCE", 0.0)
    monkeypatch.setattr(paging, "STRIDE", 10)
    ids = [shop.add(payload={"n": n}) for n in range(15)]
    step = viewer.get(next_step(search(viewer, "args.n:<1")), headers=PARTIAL).content.decode()
    assert "<html" not in step
    assert rows(step) == rows(again(step)) == [ids[0]]
    new = shop.add(payload={"n": 0})
    assert "1 new" in again(step)
    assert new not in again(step)


def test_a_full_page_leads_to_older_matches(viewer: Client, shop: Shop) -> None:
    ids = shop.many(PAGE + 5)
    html = search(viewer, "type:send_email args.n:>=0")
    assert len(rows(html)) == PAGE
    assert "as many as a page holds" in banner(html)
    older = re.search(r'href="([^"]+)" rel="next">Older matches', html)
    assert older
    rest = page(viewer, older[1].replace("&amp;", "&").removeprefix("/jobs"))
    assert set(rows(html)) | set(rows(rest)) == set(ids)
    assert len(rows(rest)) == 5


@pytest.mark.parametrize("found", ["rubbish", "eyJpZHMiOlsiYSJdfQ:1abc:xyz", ""])
def test_nobody_makes_up_what_was_found_so_far(viewer: Client, shop: Shop, found: str) -> None:
    job = shop.add(payload={"n": 1})
    assert rows(page(viewer, f"?q=args.n:1&cursor=older~99999999999999~z&found={found}")) == [job]


def test_nothing_found_says_that_all_was_looked_at(viewer: Client, shop: Shop) -> None:
    shop.add()
    html = search(viewer, "args.n:77")
    assert "<h2>No job like args.n:77</h2>" in html
    assert "Every job that is kept was looked at." in html


@pytest.mark.parametrize("text", ["args.password:hunter2", "hunter2", "args.auth.user:mira", "args.header:Bearer*"])
def test_a_viewer_learns_nothing_of_what_is_masked(viewer: Client, shop: Shop, text: str) -> None:
    shop.add(payload={"password": "hunter2", "auth": {"user": "mira"}, "header": "Bearer abc"})
    assert rows(search(viewer, text)) == []


def test_who_may_not_reveal_is_told_what_is_masked(operator: Client, shop: Shop) -> None:
    shop.add(payload={"password": "hunter2"})
    html = search(operator, "args.password:hunter2")
    assert "<b>args.password</b> is masked." in html
    assert not AuditEntry.objects.exists()


def test_who_may_reveal_finds_it_and_that_is_booked(admin: Client, shop: Shop) -> None:
    job = shop.add(payload={"password": "hunter2"})
    html = search(admin, "args.password:hunter2")
    assert rows(html) == [job]
    assert "is masked" not in html
    [entry] = AuditEntry.objects.all()
    assert (entry.verb, entry.target) == ("search masked", "args.password:…")


def test_a_viewer_cannot_watch_a_search_with_the_eyes_of_an_admin(admin: Client, shop: Shop) -> None:
    shop.add(payload={"password": "other"})
    html = search(admin, "args.password:hunter2")
    shop.add(payload={"password": "hunter2"})
    token = re.search(r'id="jobs"[^>]* data-live="([^"]+)"', html)
    assert token
    assert 'id="new"' not in Watched.signed(token[1], Viewer(frozenset({"view"}))).render()
    assert 'id="new"' in Watched.signed(token[1], Viewer(frozenset({"view", "reveal"}))).render()


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x>',
    "args.<b>:x",
    "\u202e",
    "%00",
    "a" * 3000,
    '"',
    "-" * 50,
    "*" * 99,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_text(viewer: Client, shop: Shop, text: str) -> None:
    shop.add()
    html = search(viewer, text)
    assert "<script>alert" not in html
    assert "<img src" not in html
    assert "<b>:x" not in html
    assert "\u202e" not in re.sub(r' value="[^"]*"', "", html)


def test_while_the_store_is_down_the_search_can_still_be_changed(viewer: Client, store_down: None) -> None:
    html = search(viewer, "args.n:1")
    assert "This cannot be shown now" in html
    assert 'aria-label="Remove args.n:1"' in html


def test_an_outsider_searches_nothing(outsider: Client, shop: Shop) -> None:
    assert outsider.get("/jobs?q=args.n:1").status_code == 403
    assert outsider.get("/job-suggestions?typed=args.").status_code == 403


# Suggestions


def suggestions(client: Client, typed: str, **more: str) -> list[str]:
    answer = client.get("/job-suggestions", {"typed": typed, **more})
    assert answer.status_code == 200
    return re.findall(r'data-insert="([^"]+)"', answer.content.decode())


def test_qualifiers_are_suggested_first(viewer: Client, shop: Shop) -> None:
    assert suggestions(viewer, "")[:3] == ["state:", "queue:", "type:"]
    assert "args." in suggestions(viewer, "")
    assert suggestions(viewer, "er") == ["error:"]
    assert suggestions(viewer, "-er") == ["-error:"]


def test_real_values_are_suggested_with_how_many_jobs_have_them(viewer: Client, shop: Shop) -> None:
    shop.many(2, queue="media")
    shop.add(queue="mail", options=JobOptions(tags=("vip",)))
    shop.fail(shop.add())
    shop.works("app-07:1")
    assert suggestions(viewer, "queue:m") == ["queue:media", "queue:mail", "queue:email_jobs"]
    assert suggestions(viewer, "edia") == ["queue:media"]
    assert suggestions(viewer, "type:") == ["type:send_email"]
    assert suggestions(viewer, "tag:") == ["tag:vip"]
    assert suggestions(viewer, "error:") == ["error:Busy"]
    assert "worker:app-07:1" in suggestions(viewer, "worker:app")
    assert suggestions(viewer, "state:f") == ["state:failed"]
    assert suggestions(viewer, "older:2") == ["older:24h"]
    assert "2 jobs" in viewer.get("/job-suggestions?typed=queue:med").content.decode()


def test_paths_then_values_of_recent_arguments_are_suggested(viewer: Client, shop: Shop) -> None:
    for n in range(3):
        shop.add(payload={"user": {"id": n % 2, "name": "Ada L"}, "items": [{"sku": "a"}]})
    assert suggestions(viewer, "args.us") == ["args.user.id:", "args.user.name:"]
    assert suggestions(viewer, "args.") == ["args.items.sku:", "args.user.id:", "args.user.name:"]
    assert suggestions(viewer, "args.user.id:") == ["args.user.id:0", "args.user.id:1"]
    assert suggestions(viewer, "args.user.name:") == ["args.user.name:&quot;Ada L&quot;"]


def test_paths_are_those_of_the_list_that_is_shown(viewer: Client, shop: Shop) -> None:
    shop.add("one", payload={"a": 1})
    shop.add("two", payload={"b": 1})
    assert suggestions(viewer, "args.", type="two") == ["args.b:"]


def test_masked_values_are_suggested_to_nobody(admin: Client, shop: Shop) -> None:
    shop.add(payload={"password": "hunter2", "header": "Bearer abc"})
    paths = admin.get("/job-suggestions?typed=args.").content.decode()
    assert "masked" in paths
    assert "hunter2" not in paths
    assert "Bearer" not in paths
    assert suggestions(admin, "args.password:") == suggestions(admin, "args.header:") == []


def test_only_the_word_at_the_caret_is_completed(viewer: Client, shop: Shop) -> None:
    shop.add(queue="media")
    answer = viewer.get("/job-suggestions", {"typed": "tag:x queue:me state:failed", "at": "14"})
    assert 'data-start="6" data-end="14"' in answer.content.decode()
    assert suggestions(viewer, "tag:x queue:me state:failed", at="14") == ["queue:media"]


@pytest.mark.parametrize("text", [*HOSTILE, "args.:::", "queue:\\", "-", "at:"])
def test_nothing_that_is_typed_breaks_the_suggestions(viewer: Client, shop: Shop, text: str) -> None:
    shop.add(payload={"<b>": "<i>", "x": "\u202e", text[:20]: text})
    for typed in (text, f"args.{text}", f"args.x:{text}"):
        answer = viewer.get("/job-suggestions", {"typed": typed, "at": "9" * 40}).content.decode()
        assert "<b>" not in answer
        assert "<script>" not in answer
        assert "\u202e" not in answer.replace("data-insert", "")


def test_without_the_store_nothing_is_suggested_and_nothing_breaks(viewer: Client, store_down: None) -> None:
    assert suggestions(viewer, "queue:") == []


def test_payloads_that_cannot_be_read_suggest_nothing(viewer: Client, shop: Shop) -> None:
    with patch("queueing.domain.arguments.msgspec.json.decode", side_effect=RecursionError):
        shop.add(payload={"a": 1})
        assert suggestions(viewer, "args.") == []
