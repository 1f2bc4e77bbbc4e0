"""What projects test their own jobs with."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from queueing import Backoff, JobContext, JobState, job
from queueing.testing import Jobs, embedded

threads: list[int] = []


@job("tests.welcome", queue="letters")
def welcome(name: str, polite: bool = True) -> str:
    threads.append(threading.get_ident())
    thank.enqueue(name)
    return f"Welcome {name}"


@job("tests.thank", queue="thanks")
async def thank(name: str) -> str:
    return f"Thank you {name}"


@job("tests.stumble", queue="letters", max_attempts=3, backoff=Backoff.fixed(3600))
def stumble(ctx: JobContext) -> int:
    if ctx.attempt < 3:
        raise TimeoutError("not yet")
    return ctx.attempt


@job("tests.count_groups", queue="letters")
def count_groups() -> int:
    return Group.objects.filter(name="of the test").count()


def test_what_was_enqueued_can_be_asserted(leveret_jobs: Jobs) -> None:
    welcome.enqueue("mira")
    [found] = leveret_jobs.assert_enqueued(welcome, {"name": "mira"}, times=1, queue="letters")
    assert found.state is JobState.QUEUED
    leveret_jobs.assert_enqueued("tests.welcome")
    leveret_jobs.assert_not_enqueued(thank)
    leveret_jobs.assert_not_enqueued(welcome, {"name": "ada"})


def test_an_assertion_that_fails_shows_what_is_there(leveret_jobs: Jobs) -> None:
    welcome.enqueue("mira")
    with pytest.raises(AssertionError, match=r'0 times. All jobs:\n  letters: tests.welcome \{"name":"mira"\}'):
        leveret_jobs.assert_enqueued(welcome, {"name": "ada"})
    with pytest.raises(AssertionError, match="to be enqueued 2 times, and was 1 times"):
        leveret_jobs.assert_enqueued(welcome, times=2)


def test_jobs_run_with_what_they_enqueue_in_the_thread_of_the_test(leveret_jobs: Jobs) -> None:
    threads.clear()
    welcome.enqueue("mira")
    done = leveret_jobs.run()
    assert [(each.type, each.state, each.result) for each in done] == [
        ("tests.welcome", JobState.SUCCEEDED, b'"Welcome mira"'),
        ("tests.thank", JobState.SUCCEEDED, b'"Thank you mira"'),
    ]
    assert threads == [threading.get_ident()]


async def test_asynchronous_tests_run_them_too(leveret_jobs: Jobs) -> None:
    await welcome.aenqueue("mira")
    done = await leveret_jobs.arun()
    assert {each.state for each in done} == {JobState.SUCCEEDED}


def test_what_is_delayed_runs_without_waiting(leveret_jobs: Jobs) -> None:
    stumble.using(delay=3600).enqueue()
    [waiting] = leveret_jobs.run()
    assert waiting.state is JobState.SCHEDULED
    [done] = leveret_jobs.run(delayed=True)
    assert (done.state, done.result) == (JobState.SUCCEEDED, b"3")


@pytest.mark.django_db
def test_handlers_see_the_transaction_of_the_test(leveret_jobs: Jobs, django_capture_on_commit_callbacks) -> None:
    Group.objects.create(name="of the test")
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        count_groups.enqueue()
        leveret_jobs.assert_not_enqueued(count_groups)
    [done] = leveret_jobs.run()
    assert done.result == b"1"


@pytest.mark.django_db(transaction=True)
def test_eager_jobs_run_within_the_call_that_enqueues_them() -> None:
    with embedded(eager=True) as jobs:
        welcome.enqueue("mira")
        assert [(each.type, each.state) for each in jobs.all()] == [
            ("tests.welcome", JobState.SUCCEEDED),
            ("tests.thank", JobState.SUCCEEDED),
        ]


def test_a_block_within_another_leaves_the_other_one_as_it_was(leveret_jobs: Jobs) -> None:
    """As where a fixture gives the test a queue, and the test takes another one that is eager."""
    welcome.enqueue("mira")
    with embedded(eager=True) as inner:
        welcome.enqueue("ada")
        assert [job.state for job in inner.all()] == [JobState.SUCCEEDED] * 2
    leveret_jobs.assert_enqueued(welcome, {"name": "mira"}, times=1)
    thank.enqueue("mira")
    assert {job.state for job in leveret_jobs.run()} == {JobState.SUCCEEDED}


async def test_eager_jobs_run_within_the_await() -> None:
    with embedded(eager=True) as jobs:
        await welcome.aenqueue("mira")
        assert [each.state for each in jobs.all()] == [JobState.SUCCEEDED] * 2


def test_each_test_has_a_queue_of_its_own(leveret_jobs: Jobs) -> None:
    assert leveret_jobs.all() == []
