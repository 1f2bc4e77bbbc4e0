"""What fails in the same way after each replay is retried on purpose only; and where a job and its acts come from."""

from __future__ import annotations

import pytest
from django.test import Client

from dashboard import auditlist
from dashboard.bulk import chosen, confirming
from queueing import sync
from queueing.domain.schedules import Schedule
from queueing.domain.states import JobState
from queueing.domain.timing import Every
from tests.dashboard.bulk import confirm, due, failed, run
from tests.dashboard.shop import Shop
from tests.dashboard.test_failures import page, words

pytestmark = pytest.mark.django_db


def comes_back(shop: Shop) -> str:
    job = shop.fail(shop.add())
    for _ in range(2):
        sync.run(shop.cluster.operations.retry([job], by="console:otto"))
        shop.fail(job)
    return job


def test_a_jobs_page_asks_before_it_retries_what_keeps_coming_back(operator: Client, shop: Shop) -> None:
    job = comes_back(shop)
    assert "It came back 2 times" in words(page(operator, f"/jobs/{job}"))
    answer = operator.post("/job-retries", {"job": job}, headers={"HX-Request": "true"})
    assert "Not retried: It came back in the same way after earlier replays." in answer.headers["HX-Trigger"]
    assert shop.job(job).state is JobState.FAILED
    operator.post("/job-retries", {"job": job, "although": "on"})
    assert shop.job(job).state is JobState.QUEUED


def test_it_does_not_ask_who_may_not_retry_nor_about_what_failed_once(
    viewer: Client, operator: Client, shop: Shop
) -> None:
    job, once = comes_back(shop), shop.fail(shop.add())
    assert 'name="although"' not in page(viewer, f"/jobs/{job}")
    assert 'name="although"' not in page(operator, f"/jobs/{once}")


def test_a_group_says_how_many_keep_coming_back_and_leaves_them_alone(operator: Client, shop: Shop) -> None:
    job, once = comes_back(shop), shop.fail(shop.add())
    [group] = shop.files(2)
    assert "1 of them keeps coming back" in words(page(operator, f"/failures/{group.id}/retry"))
    operator.post(f"/failures/{group.id}/retries")
    assert [shop.job(one).state for one in (job, once)] == [JobState.FAILED, JobState.QUEUED]


def test_a_group_retries_all_with_a_tick(operator: Client, shop: Shop) -> None:
    job = comes_back(shop)
    [group] = shop.files(1)
    operator.post(f"/failures/{group.id}/retries", {"although": "on"})
    assert shop.job(job).state is JobState.QUEUED


def test_a_group_where_nothing_comes_back_does_not_ask(operator: Client, shop: Shop) -> None:
    shop.fail(shop.add())
    [group] = shop.files(1)
    assert 'name="although"' not in page(operator, f"/failures/{group.id}/retry")


def test_a_job_of_a_schedule_links_to_it(viewer: Client, shop: Shop) -> None:
    nightly = Schedule(name="nightly", type="send_email", queue="email_jobs", timing=Every(60), payload=b"{}")
    sync.run(shop.cluster.operations.declare_schedule(nightly))
    job = sync.run(shop.cluster.operations.run_schedule("nightly", by="schedule:nightly"))
    assert 'id="schedule-of" href="/schedules/nightly"' in page(viewer, f"/jobs/{job}")


def test_a_job_that_pretends_to_be_of_a_schedule_links_nowhere(viewer: Client, shop: Shop) -> None:
    assert "schedule-of" not in page(viewer, f"/jobs/{shop.add(by='schedule:../x y')}")


def test_a_jobs_page_shows_the_operation_that_had_it(
    operator: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "AT_ONCE", 0)
    job, other = failed(shop, 1)[0], shop.add()
    operation = due(confirm(operator))
    run(operation)
    assert f'href="/operations/{operation.pk}">operation {operation.pk}</a>' in page(operator, f"/jobs/{job}")
    assert f">operation {operation.pk}</a>" not in page(operator, f"/jobs/{other}")


def test_operations_that_are_too_many_to_look_through_cost_the_page_nothing(
    operator: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditlist, "CHUNKS", 0)
    monkeypatch.setattr(confirming, "AT_ONCE", 0)
    job = failed(shop, 1)[0]
    run(due(confirm(operator)))
    html = page(operator, f"/jobs/{job}")
    assert "Who acted" not in html
    assert "Audit of this job" in html


@pytest.mark.parametrize("act", ["retry", "replay"])
def test_the_question_about_all_that_match_says_how_many_keep_coming_back(
    operator: Client, shop: Shop, act: str
) -> None:
    job, once = comes_back(shop), shop.fail(shop.add())
    asked = words(page(operator, f"/operations/new?act={act}&state=failed"))
    assert "1 of them keeps coming back" in asked
    assert "After 2 replays or more it failed in the same way. Without your tick it is left alone." in asked
    assert "sample" not in asked
    answer = operator.post("/operations/begun", {"query": f"act={act}&state=failed"}, follow=True)
    assert "1 job, refused 1" in answer.content.decode()
    assert [shop.job(one).state for one in (job, once)] == [JobState.FAILED, JobState.QUEUED]


def test_the_button_says_how_many_it_is_with_the_tick_and_without(operator: Client, shop: Shop) -> None:
    comes_back(shop)
    shop.fail(shop.add())
    [*_, group] = sorted(shop.files(2), key=lambda group: group.open)
    for path, label in (("/operations/new?act=retry&state=failed", ""), (f"/failures/{group.id}/retry", "Retry ")):
        html = page(operator, path)
        assert f'<span class="no-tick">{label}1</span>' in html
        assert f'<span class="on-tick">{label}2</span>' in html


def test_of_more_than_are_looked_at_the_button_says_up_to_how_many(
    operator: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chosen, "LOOKED_AT", 1)
    comes_back(shop)
    shop.fail(shop.add())
    assert '<span class="no-tick">up to 2</span>' in page(operator, "/operations/new?act=retry&state=failed")


@pytest.mark.parametrize("act", ["retry", "replay"])
def test_all_that_match_are_retried_with_a_tick(operator: Client, shop: Shop, act: str) -> None:
    job, once = comes_back(shop), shop.fail(shop.add())
    operator.post("/operations/begun", {"query": f"act={act}&state=failed", "although": "on"})
    assert [shop.job(one).state for one in (job, once)] == [JobState.QUEUED] * 2


def test_where_nothing_comes_back_and_for_other_acts_nothing_is_asked(operator: Client, shop: Shop) -> None:
    shop.fail(shop.add())
    assert 'name="although"' not in page(operator, "/operations/new?act=retry&state=failed")
    comes_back(shop)
    assert 'name="although"' not in page(operator, "/operations/new?act=discard&state=failed")


def test_of_many_a_sample_is_looked_at_and_said_to_be_one(
    operator: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chosen, "LOOKED_AT", 2)
    back = comes_back(shop)
    failed(shop, 3)
    asked = words(page(operator, "/operations/new?act=retry&state=failed"))
    assert "1 of the 2 looked at keeps coming back" in asked
    assert "That is a sample, of those that wait longest" in asked
    sync.run(shop.cluster.operations.discard([back]))
    asked = page(operator, "/operations/new?act=retry&state=failed")
    assert "None of the 2 looked at keeps coming back." in words(asked)
    assert 'name="although"' in asked


def test_an_operation_skips_what_keeps_coming_back_and_says_why(
    operator: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "AT_ONCE", 0)
    job, once = comes_back(shop), shop.fail(shop.add())
    operation = due(confirm(operator))
    run(operation)
    assert [shop.job(one).state for one in (job, once)] == [JobState.FAILED, JobState.QUEUED]
    assert "came back in the same way" in page(operator, f"/operations/{operation.pk}")
    again = due(confirm(operator, although="on"))
    assert again.act == "retry-although"
    run(again)
    assert shop.job(job).state is JobState.QUEUED


def test_what_was_ticked_stays_ticked_when_the_question_is_asked_again(
    operator: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "AT_ONCE", 0)
    comes_back(shop)
    answer = operator.post("/operations/begun", {"query": "act=retry&state=failed", "although": "on"})
    assert answer.status_code == 422
    assert 'name="although" checked' in answer.content.decode()
