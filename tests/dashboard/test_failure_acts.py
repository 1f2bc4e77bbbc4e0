"""What operators do to a failure group, and what the book says of it."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.test import Client

from dashboard import acts
from dashboard.models import AuditEntry
from queueing import sync
from queueing.domain.failures import FailureGroup
from queueing.domain.states import JobState
from tests.dashboard.shop import Shop
from tests.dashboard.test_failures import page, words

pytestmark = pytest.mark.django_db


def failed(shop: Shop, count: int) -> tuple[FailureGroup, list[str]]:
    jobs = [shop.fail(shop.add()) for _ in range(count)]
    [group] = shop.files(count)
    return group, jobs


def now(shop: Shop) -> FailureGroup:
    [group] = sync.run(shop.cluster.store.groups())
    return group


def entry() -> AuditEntry:
    found = AuditEntry.objects.order_by("id").last()
    assert found is not None
    return found


def test_all_open_jobs_of_a_group_are_retried_and_booked(operator: Client, shop: Shop) -> None:
    group, jobs = failed(shop, 3)
    assert "Retry 3 jobs?" in words(page(operator, f"/failures/{group.id}/retry"))
    answer = operator.post(f"/failures/{group.id}/retries", {"reason": "the road is open"}, follow=True)
    assert "Retried 3 jobs." in answer.content.decode()
    assert [shop.job(job).state for job in jobs] == [JobState.QUEUED] * 3
    booked = entry()
    assert (booked.verb, booked.who, booked.count, booked.reason) == ("retry", "otto", 3, "the road is open")
    assert booked.target == f"failure group {group.id} (send_email: shop.Busy)"
    assert booked.detail.split() == jobs


def test_more_than_go_at_once_go_in_steps_oldest_first(operator: Client, shop: Shop) -> None:
    group, jobs = failed(shop, 3)
    with patch.object(acts, "AT_ONCE", 2):
        question = words(page(operator, f"/failures/{group.id}/retry"))
        assert "Retry 2 jobs?" in question
        assert "the other 1 when you ask again" in question
        answer = operator.post(f"/failures/{group.id}/retries", follow=True)
    assert "1 job of this group is still failed." in answer.content.decode()
    assert [shop.job(job).state for job in jobs] == [JobState.QUEUED, JobState.QUEUED, JobState.FAILED]


def test_a_discard_asks_why_first(operator: Client, shop: Shop) -> None:
    group, jobs = failed(shop, 2)
    answer = operator.post(f"/failures/{group.id}/discards", {"reason": " "})
    assert answer.status_code == 422
    assert "Nothing was discarded." in answer.content.decode()
    assert now(shop).open == 2
    answer = operator.post(f"/failures/{group.id}/discards", {"reason": "test data"}, follow=True)
    assert "Discarded 2 jobs." in answer.content.decode()
    assert not any(shop.exists(job) for job in jobs)
    assert (entry().verb, entry().reason, entry().count) == ("discard", "test data", 2)


def test_a_group_without_a_failed_job_has_nothing_to_retry(operator: Client, shop: Shop) -> None:
    group, jobs = failed(shop, 1)
    sync.run(shop.cluster.operations.discard(jobs))
    assert "Nothing to retry" in words(page(operator, f"/failures/{group.id}/retry"))
    answer = operator.post(f"/failures/{group.id}/retries", follow=True)
    assert "No job of this group is failed now." in answer.content.decode()


@pytest.mark.parametrize(("span", "said"), [("1h", "for an hour"), ("ever", "until somebody unmutes it")])
def test_a_group_is_muted_and_unmuted(operator: Client, shop: Shop, span: str, said: str) -> None:
    group, _ = failed(shop, 1)
    assert "For how long" in page(operator, f"/failures/{group.id}/mute")
    answer = operator.post(f"/failures/{group.id}/mutes", {"for": span, "reason": "known"}, follow=True)
    assert f"Muted {said}." in answer.content.decode()
    muted = now(shop)
    assert (muted.muted, muted.muted_by, muted.muted_until is None) == (True, "console:otto", span == "ever")
    assert (entry().verb, entry().reason, entry().detail) == ("mute", "known", said)
    assert "By console:otto" in words(page(operator, f"/failures/{group.id}"))
    answer = operator.post(f"/failures/{group.id}/unmutes", follow=True)
    assert "Unmuted." in answer.content.decode()
    assert not now(shop).muted
    assert entry().verb == "unmute"


def test_a_note_is_kept_for_all_to_read_and_booked(operator: Client, viewer: Client, shop: Shop) -> None:
    group, _ = failed(shop, 1)
    operator.post(f"/failures/{group.id}/notes", {"note": "it is <i>the proxy</i> "})
    html = page(viewer, f"/failures/{group.id}")
    assert "it is &lt;i&gt;the proxy&lt;/i&gt;" in html
    assert "otto" in html
    assert "it is &lt;i&gt;the proxy&lt;/i&gt;" in page(viewer), "the list has it as a title"
    assert (entry().verb, entry().detail) == ("note", "it is <i>the proxy</i>")
    operator.post(f"/failures/{group.id}/notes", {"note": ""})
    assert "Nobody has left a note." in page(viewer, f"/failures/{group.id}")


@pytest.mark.parametrize("verb", ["mutes", "unmutes", "notes", "retries"])
def test_what_is_done_to_a_group_that_is_gone_changes_nothing_and_says_so(
    operator: Client, shop: Shop, verb: str
) -> None:
    answer = operator.post(f"/failures/none/{verb}", {"note": "x"}, headers={"HX-Request": "true"})
    said = answer.headers.get("HX-Trigger", "") + answer.headers.get("HX-Redirect", "")
    assert "no such group" in said or "No job of this group" in said or "/failures/none" in said
    assert sync.run(shop.cluster.store.groups()) == []


@pytest.mark.parametrize("verb", ["retries", "mutes", "unmutes", "notes"])
def test_what_does_not_go_through_is_said_and_booked(operator: Client, store_down: None, verb: str) -> None:
    answer = operator.post(f"/failures/some/{verb}", {"note": "x"}, follow=True)
    assert "cannot be reached" in answer.content.decode()
    assert entry().result == AuditEntry.Result.FAILED


@pytest.mark.parametrize("verb", ["retries", "discards", "mutes", "unmutes", "notes"])
def test_a_viewer_and_an_outsider_change_nothing(viewer: Client, outsider: Client, shop: Shop, verb: str) -> None:
    group, _ = failed(shop, 1)
    before = now(shop)
    for client in (viewer, outsider):
        assert client.post(f"/failures/{group.id}/{verb}", {"note": "x", "reason": "x"}).status_code == 403
        assert entry().result == "refused"
    assert now(shop) == before
