"""Acts on all jobs that match: the question, what is done at once, and what becomes an operation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from dashboard.bulk import confirming, freezing
from dashboard.bulk.acts import ACTS
from dashboard.bulk.chosen import QUEUE, Chosen
from dashboard.bulk.records import Operation
from dashboard.models import AuditEntry
from queueing import sync
from queueing.domain.options import JobOptions
from queueing.domain.states import JobState
from tests.dashboard.bulk import FAILED, State, confirm, failed
from tests.dashboard.shop import Shop

SCRIPT = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def few() -> Iterator[None]:
    """More than two jobs are an operation here, more than four are typed, and chunks hold three."""
    with (
        patch.object(confirming, "AT_ONCE", 2),
        patch.object(confirming, "TYPED", 4),
        patch.object(freezing, "CHUNK", 3),
        patch.object(freezing, "SLOWEST", 3),
    ):
        yield


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def question(client: Client, query: str, *, status: int = 200) -> str:
    answer = client.get(f"/operations/new?{query}")
    assert answer.status_code == status
    return answer.content.decode()


# the question


def test_the_question_says_how_many_which_and_what_is_left_alone(operator: Client, shop: Shop) -> None:
    job, _ = failed(shop, 2)
    shop.succeed(shop.add())
    shop.add()
    said = words(question(operator, "act=discard"))
    assert "Discard 3 jobs?" in said
    assert "Left alone: 1 queued." in said
    assert "Failed 2" in said and "Succeeded 1" in said
    assert job[-8:] in said
    assert "all jobs" in said


def test_a_retry_of_all_states_means_those_that_failed(operator: Client, shop: Shop) -> None:
    [dead] = failed(shop, 1)
    good = shop.succeed(shop.add())
    assert "Retry 1 job?" in words(question(operator, "act=retry"))
    operator.post("/operations/begun", {"query": "act=retry"})
    assert (shop.job(dead).state, shop.job(good).state) == (JobState.QUEUED, JobState.SUCCEEDED)


def test_where_nothing_matches_there_is_nothing_to_press(operator: Client, shop: Shop) -> None:
    shop.add()
    html = question(operator, FAILED)
    assert "Nothing to retry" in words(html)
    assert 'form="ask-form"' not in html


def test_a_condition_that_is_not_understood_is_never_left_out(operator: Client, shop: Shop) -> None:
    failed(shop, 1)
    question(operator, f"{FAILED}&within=ages", status=404)
    assert operator.post("/operations/begun", {"query": "act=retry&state=lost"}).status_code == 404


def test_what_comes_after_the_question_is_not_meant(operator: Client, shop: Shop) -> None:
    [meant] = failed(shop, 1)
    at = re.search(r'name="at" value="([^"]+)"', question(operator, FAILED))
    assert at
    [later] = failed(shop, 1)
    operator.post("/operations/begun", {"query": FAILED, "at": at[1]})
    assert (shop.job(meant).state, shop.job(later).state) == (JobState.QUEUED, JobState.FAILED)


def answers(html: str) -> dict[str, str]:
    """What the question's form sends back."""
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html)}


def test_what_is_done_is_what_was_confirmed_though_others_have_come_that_match(operator: Client, shop: Shop) -> None:
    later = JobOptions(delay=3600)
    asked = [shop.add(options=later) for _ in range(3)]
    html = operator.get("/operations/new?act=run-now&state=scheduled").content.decode()
    assert " 3</button>" in html
    newcomer = shop.add(options=later)
    gone, *there = asked
    sync.run(shop.cluster.operations.cancel([gone], by="console:otto"))
    answer = operator.post("/operations/begun", answers(html), headers=SCRIPT)
    told = answer.headers["HX-Trigger"]
    assert "Queued 2 jobs." in told
    assert "1 of those you were asked about matches no more." in told
    assert {shop.job(job).state for job in there} == {JobState.QUEUED}
    assert [shop.job(job).state for job in (gone, newcomer)] == [JobState.CANCELLED, JobState.SCHEDULED]
    again = operator.post("/operations/begun", answers(html), headers=SCRIPT)
    assert "Nothing matches any more." in again.headers["HX-Trigger"]
    assert shop.job(newcomer).state is JobState.SCHEDULED


def test_an_operation_says_that_it_is_of_more_jobs_than_were_asked_about(
    operator: Client, shop: Shop, few: None
) -> None:
    later = JobOptions(delay=3600)
    for _ in range(3):
        shop.add(options=later)
    given = answers(operator.get("/operations/new?act=run-now&state=scheduled").content.decode())
    shop.add(options=later)
    told = operator.post("/operations/begun", given | {"reason": "now"}, follow=True).content.decode()
    assert "of 4 jobs begins in" in told
    assert "When you were asked it was 3." in told


def test_many_need_a_reason_and_very_many_their_number_typed(operator: Client, shop: Shop, few: None) -> None:
    failed(shop, 5)
    html = question(operator, FAILED)
    assert "Type 5 to go on" in words(html)
    for fields in ({"reason": "", "typed": "5"}, {"reason": "mended", "typed": "4"}):
        answer = operator.post("/operations/begun", {"query": FAILED, **fields})
        assert answer.status_code == 422
    assert "That is not 5. Nothing was done." in words(answer.content.decode())
    assert not Operation.objects.exists()
    assert confirm(operator, FAILED, typed="5").total == 5


def test_what_cannot_be_taken_back_is_typed_earlier(operator: Client, shop: Shop, few: None) -> None:
    failed(shop, 3)
    assert "to go on" not in words(question(operator, FAILED))
    assert "Type 3 to go on" in words(question(operator, "act=discard&state=failed"))


# at once, or an operation


def test_few_are_done_at_once_and_booked_with_their_set(operator: Client, shop: Shop) -> None:
    jobs = failed(shop, 2)
    answer = operator.post("/operations/begun", {"query": FAILED}, headers={"HX-Request": "true"})
    assert "Retried 2 jobs." in answer.headers["HX-Trigger"]
    assert {shop.job(job).state for job in jobs} == {JobState.QUEUED}
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target) == ("retry", "2 jobs: state:failed")
    assert set(entry.detail.split("\n")) == set(jobs)


def test_many_become_an_operation_that_has_touched_nothing_yet(operator: Client, shop: Shop, few: None) -> None:
    jobs = failed(shop, 4)
    operation = confirm(operator, FAILED)
    assert (operation.state, operation.total, operation.who) == (State.WAITING, 4, "otto")
    assert [chunk.jobs for chunk in operation.chunks.all()] == [jobs[:3], jobs[3:]]
    assert {shop.job(job).state for job in jobs} == {JobState.FAILED}
    runner = shop.job(operation.job_id)
    assert (runner.queue, runner.state, runner.type) == (QUEUE, JobState.SCHEDULED, "leveret.operation")
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.result, entry.count, entry.reason) == ("retry", "started", 4, "mended")
    assert "starts" in words(operator.get(f"/operations/{operation.pk}").content.decode())


def test_an_operation_never_acts_on_the_jobs_that_run_operations(operator: Client, shop: Shop, few: None) -> None:
    failed(shop, 3)
    first = confirm(operator, FAILED)
    waiting = shop.many(3)
    second = confirm(operator, "act=cancel", typed="3")
    assert set("\n".join(chunk.ids for chunk in second.chunks.all()).split("\n")) == set(waiting)
    assert "Nothing to cancel" in words(question(operator, f"act=cancel&queue={QUEUE}"))
    assert first.job_id != second.job_id


def test_scheduled_jobs_are_run_early_whenever_they_are_due(operator: Client, shop: Shop, few: None) -> None:
    for _ in range(3):
        shop.add(options=JobOptions(delay=3600))
    assert confirm(operator, "act=run-now&state=scheduled").total == 3


def test_another_page_can_name_its_jobs_itself(operator: Client, shop: Shop, few: None) -> None:
    jobs = failed(shop, 3)
    chosen = Chosen(moment=timezone.now(), described="group 7", back="/jobs", ids=lambda: iter(jobs[1:]))
    request = RequestFactory().post(
        "/", {"reason": "mended"}, headers={"HX-Request": "true", "HX-Request-Type": "partial"}
    )
    request.user = User.objects.get(username="otto")
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    assert confirming.begin(request, ACTS["retry"], chosen, action="/").status_code == 204
    assert [shop.job(job).state for job in jobs] == [JobState.FAILED, JobState.QUEUED, JobState.QUEUED]


def test_sets_of_operations_that_ended_long_ago_go_and_their_story_stays(
    operator: Client, shop: Shop, few: None
) -> None:
    failed(shop, 3)
    old = confirm(operator, FAILED)
    Operation.objects.filter(pk=old.pk).update(state=State.DONE, ended_at=timezone.now() - timedelta(days=31))
    confirm(operator, FAILED)
    assert Operation.objects.filter(pk=old.pk).exists()
    assert not old.chunks.exists()


def test_while_the_store_is_away_nothing_begins_and_the_question_says_so(operator: Client, store_down: None) -> None:
    assert "nothing was done" in words(question(operator, FAILED))
    answer = operator.post("/operations/begun", {"query": FAILED}, headers={"HX-Request": "true"})
    assert "was not begun" in answer.headers["HX-Trigger"]
    assert not Operation.objects.exists()


@pytest.mark.parametrize("who", ["viewer", "outsider"])
def test_only_operators_are_asked(request: pytest.FixtureRequest, shop: Shop, who: str) -> None:
    [job] = failed(shop, 1)
    client: Client = request.getfixturevalue(who)
    assert client.get(f"/operations/new?{FAILED}").status_code == 403
    assert client.post("/operations/begun", {"query": FAILED}).status_code == 403
    assert shop.job(job).state is JobState.FAILED
    assert sync.run(shop.cluster.inspector.lanes())
