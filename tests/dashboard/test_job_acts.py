"""What operators do to jobs, by the page's form with and without scripts."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client

from dashboard.acts import AT_ONCE
from dashboard.models import AuditEntry
from queueing import sync
from queueing.domain.options import JobOptions
from queueing.domain.states import JobState
from queueing.errors import StoreUnavailable
from queueing.operations import Operations
from tests.dashboard.shop import Shop

pytestmark = pytest.mark.django_db
ACTS = ["job-retries", "job-cancellations", "job-hastenings", "job-discards"]


def act(client: Client, verb: str, *ids: str, **more: str) -> Any:
    return client.post(f"/{verb}", {"job": list(ids), **more})


def toast(client: Client, verb: str, *ids: str) -> dict[str, str]:
    """As a script acts: it stays on the page and gets words for a toast."""
    answer = client.post(f"/{verb}", {"job": list(ids)}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    said: dict[str, str] = json.loads(answer.headers["HX-Trigger"])["leveret:toast"]
    return said


def said(answer: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]  # type: ignore[attr-defined]


def test_retry_puts_a_failed_job_back_and_says_so(operator: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    assert toast(operator, "job-retries", job) == {"text": "Retried 1 job.", "detail": "", "tone": "ok"}
    assert shop.job(job).state is JobState.QUEUED
    assert shop.job(job).epoch == 3


def test_a_plain_form_comes_back_to_where_it_was_with_a_message(operator: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    answer = act(operator, "job-retries", job, next="/jobs?state=failed")
    assert answer.headers["Location"] == "/jobs?state=failed"
    assert said(answer) == ["Retried 1 job."]


def test_a_form_is_not_led_to_another_site(operator: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    assert act(operator, "job-retries", job, next="https://evil.example/").headers["Location"] == "/"


@pytest.mark.parametrize("next", ["9", "{", "jobs:x", "/jobs\nX: 1", "/jobs\0", "\\evil.example"])
def test_a_form_is_not_led_to_what_is_no_place(operator: Client, shop: Shop, next: str) -> None:
    job = shop.fail(shop.add())
    assert act(operator, "job-retries", job, next=next).headers["Location"] == "/"


def test_what_cannot_be_an_id_chooses_no_job(operator: Client, shop: Shop) -> None:
    answer = act(operator, "job-discards", "a\nb", sure="yes")
    assert said(answer) == ["No job was chosen."]


def test_run_again_puts_a_succeeded_job_back(operator: Client, shop: Shop) -> None:
    job = shop.succeed(shop.add())
    toast(operator, "job-retries", job)
    assert shop.job(job).state is JobState.QUEUED


def test_run_now_does_not_wait_for_the_time(operator: Client, shop: Shop) -> None:
    job = shop.add(options=JobOptions(delay=3600))
    assert toast(operator, "job-hastenings", job)["tone"] == "ok"
    assert shop.job(job).state is JobState.QUEUED


def test_cancel_calls_off_a_waiting_job(operator: Client, shop: Shop) -> None:
    job = shop.add()
    toast(operator, "job-cancellations", job)
    assert shop.job(job).state is JobState.CANCELLED
    assert "otto" in (shop.job(job).note or "")


def test_cancel_asks_a_running_job_to_stop_and_does_not_claim_more(operator: Client, shop: Shop) -> None:
    job = shop.start(shop.add())
    assert toast(operator, "job-cancellations", job)["detail"] == "It still runs and is asked to stop."
    assert shop.job(job).cancel_requested


def test_a_plain_discard_asks_first(operator: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    question = act(operator, "job-discards", job)
    assert question.status_code == 200
    assert "Nothing brings them back" in question.content.decode()
    assert shop.exists(job)
    act(operator, "job-discards", job, sure="yes")
    assert not shop.exists(job)


def test_a_discard_from_the_jobs_own_page_leads_to_the_list(operator: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    answer = act(operator, "job-discards", job, sure="yes", next=f"/jobs/{job}")
    assert answer.headers["Location"] == "/jobs"


def test_a_selection_is_acted_on_at_once(operator: Client, shop: Shop) -> None:
    ids = [shop.fail(shop.add()) for _ in range(3)]
    assert toast(operator, "job-retries", *ids)["text"] == "Retried 3 jobs."
    assert {shop.job(job).state for job in ids} == {JobState.QUEUED}


def test_a_job_that_moved_under_the_reader_says_what_it_does_now(operator: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    sync.run(shop.cluster.operations.retry([job], by="somebody"))
    shop.start(job)
    answer = toast(operator, "job-retries", job)
    assert answer["text"] == "Not retried: it is already running."
    assert answer["tone"] == "warn"


def test_of_a_selection_that_partly_moved_both_parts_are_told(operator: Client, shop: Shop) -> None:
    failed, queued = shop.fail(shop.add()), shop.add()
    answer = toast(operator, "job-retries", failed, queued)
    assert answer["text"] == "Retried 1 job, refused 1."
    assert answer["detail"] == "Refused: it is already queued."


def test_a_job_that_is_gone_is_said_to_be_gone(operator: Client, shop: Shop) -> None:
    assert "it is gone" in toast(operator, "job-retries", "no-such-job")["text"]


def test_two_who_retry_at_once_put_it_back_once(operator: Client, admin: Client, shop: Shop) -> None:
    job = shop.fail(shop.add())
    assert toast(operator, "job-retries", job)["tone"] == "ok"
    assert toast(admin, "job-retries", job)["text"] == "Not retried: it is already queued."
    assert shop.job(job).epoch == 3


def test_every_act_is_booked_with_who_what_and_how_it_ended(operator: Client, shop: Shop) -> None:
    failed, queued = shop.fail(shop.add()), shop.add()
    toast(operator, "job-retries", failed)
    toast(operator, "job-retries", failed, queued)
    second, first = AuditEntry.objects.all()
    assert (first.who, first.verb, first.target, first.result) == ("otto", "retry", f"job {failed}", "done")
    assert (second.target, second.count, second.result) == ("2 jobs", 2, "refused")
    assert f"{queued}: refused, it is already queued" in second.detail


def test_an_engine_that_fails_is_booked_and_leaves_it_open_what_was_done(operator: Client, shop: Shop) -> None:
    async def away(*args: Any, **kwargs: Any) -> Any:
        raise StoreUnavailable("Redis does not answer.")

    with patch.object(Operations, "retry", away):
        answer = toast(operator, "job-retries", "a")
    assert answer["text"] == "Retry did not go through."
    assert "look before you repeat it" in answer["detail"]
    assert AuditEntry.objects.get().result == "failed"


def test_nothing_chosen_is_said_and_not_booked(operator: Client, shop: Shop) -> None:
    assert toast(operator, "job-retries")["text"] == "No job was chosen."
    assert not AuditEntry.objects.exists()


def test_too_many_at_once_are_refused_whole(operator: Client, shop: Shop) -> None:
    answer = toast(operator, "job-retries", *(f"j{n}" for n in range(AT_ONCE + 1)))
    assert "too many at once" in answer["text"]


@pytest.mark.parametrize("verb", ACTS)
def test_who_may_only_look_may_not_act(viewer: Client, outsider: Client, shop: Shop, verb: str) -> None:
    job = shop.fail(shop.add())
    for client in (viewer, outsider):
        assert act(client, verb, job, sure="yes").status_code == 403
    assert shop.job(job).state is JobState.FAILED
    assert not AuditEntry.objects.exclude(result="refused").exists()


@pytest.mark.parametrize("verb", ACTS)
def test_acts_answer_only_to_a_form_with_its_token(shop: Shop, operator: Client, verb: str) -> None:
    assert operator.get(f"/{verb}").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = operator.cookies
    assert act(strict, verb, shop.fail(shop.add())).status_code == 403
