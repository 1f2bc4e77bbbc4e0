"""Jobs by the ten thousand: a job makes them, in steps, and none twice; and jobs that are spread over a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from dashboard import copying
from dashboard.models import AuditEntry
from queueing import Cancel, JobContext, copies, runtime, sync
from queueing.domain.job import JobSpec
from queueing.domain.options import JobOptions
from queueing.domain.reading import JobFilter
from queueing.domain.states import JobState
from queueing.errors import StoreUnavailable
from tests.dashboard.shop import Shop

pytestmark = pytest.mark.django_db
FORM = {"type": "greet", "p.name": "mira", "queue": "mail", "run": "now", "count": "1", "max_attempts": "5"}


@pytest.fixture(autouse=True)
def steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "AT_ONCE", 3)
    monkeypatch.setattr(copying, "CHUNK", 2)


@pytest.fixture
def greeting(shop: Shop) -> Shop:
    def greet(name: str) -> None:
        """Say hello."""

    own = runtime.registry.get(copying.TYPE)
    assert own is not None
    shop.cluster.registry.register("greet", greet, queue="mail")
    shop.cluster.registry.register(copying.TYPE, own.handler, queue=own.queue)
    return shop


def made(shop: Shop) -> list[str]:
    ids, _ = sync.run(shop.cluster.store.ids(JobFilter(queues=("mail",)), after=None, limit=1000))
    return ids


def ask(client: Client, **changes: str) -> str:
    answer = client.post("/enqueue/jobs", FORM | changes)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"])


def context(job: str, told: list[Any] | None = None, *, cancelled: bool = False) -> JobContext:
    spec = JobSpec(id=job, queue="", type="", payload=b"", created_at=datetime.now(UTC), created_by="console:otto")
    tell, now = told.append if told is not None else (lambda _: None), datetime.now(UTC)
    made = JobContext(
        spec=spec, epoch=1, attempt=1, worker="w", started_at=now, deadline=None, now=lambda: now, tell=tell
    )
    if cancelled:
        made.stop()
    return made


def begun(shop: Shop, operator: Client, count: int, **changes: str) -> tuple[str, copying.Many]:
    runner = ask(operator, count=str(count), **changes).rpartition("/")[2]
    known = shop.cluster.registry.get(copying.TYPE)
    assert known is not None
    return runner, known.decode(shop.job(runner).payload)


def test_few_are_made_at_once(operator: Client, greeting: Shop) -> None:
    assert ask(operator, count="3") == "/jobs?queue=mail&type=greet"
    assert len(made(greeting)) == 3


def test_many_are_made_by_a_job_whose_page_comes_next(operator: Client, greeting: Shop) -> None:
    runner, many = begun(greeting, operator, 5)
    assert made(greeting) == []
    assert "Cancel" in operator.get(f"/jobs/{runner}").content.decode()
    told: list[Any] = []
    assert copying.run(many, context(runner, told)) == "5 jobs of greet on mail"
    assert len(made(greeting)) == 5
    assert len(told) == 3, "progress after each step"
    assert {greeting.job(one).spec.created_by for one in made(greeting)} == {"console:otto"}


def test_what_was_begun_is_booked_with_the_job_that_makes_them(operator: Client, greeting: Shop) -> None:
    runner, _ = begun(greeting, operator, 5)
    entry = AuditEntry.objects.get(verb="enqueue")
    assert (entry.count, entry.result, entry.detail) == (5, "started", f"by job {runner}")
    assert runner in operator.get(f"/audit?job={runner}").content.decode()


def test_after_a_crash_none_is_made_twice(operator: Client, greeting: Shop) -> None:
    runner, many = begun(greeting, operator, 5)
    add, calls = copying.add_specs, 0

    async def dies(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise StoreUnavailable("gone")
        return await add(*args)

    with patch.object(copying, "add_specs", dies), pytest.raises(StoreUnavailable):
        copying.run(many, context(runner))
    assert len(made(greeting)) == 2
    assert copying.run(many, context(runner)) == "5 jobs of greet on mail"
    assert len(made(greeting)) == 5


def test_cancelled_it_makes_no_more(operator: Client, greeting: Shop) -> None:
    runner, many = begun(greeting, operator, 5)
    with pytest.raises(Cancel):
        copying.run(many, context(runner, cancelled=True))
    assert made(greeting) == []


def dues(shop: Shop) -> list[datetime]:
    found = [shop.job(one) for one in made(shop)]
    return sorted(job.due_at for job in found if job.due_at)


def test_jobs_are_spread_evenly_from_now_on(operator: Client, greeting: Shop) -> None:
    ask(operator, count="3", over="10 min")
    first, *rest = dues(greeting)
    assert [round((due - first).total_seconds()) for due in rest] == [200, 400]
    assert sorted(greeting.job(one).state for one in made(greeting)) == [
        JobState.QUEUED, JobState.SCHEDULED, JobState.SCHEDULED,
    ]  # fmt: skip


def test_a_spread_begins_when_they_were_to_run(operator: Client, greeting: Shop) -> None:
    ask(operator, count="2", over="1 h", run="after", delay="2 h")
    first, second = dues(greeting)
    assert round((second - first).total_seconds()) == 1800
    assert timedelta(hours=1, minutes=55) < first - datetime.now(UTC) <= timedelta(hours=2)


def test_many_are_spread_from_when_they_were_asked_for_whoever_goes_on(operator: Client, greeting: Shop) -> None:
    runner, many = begun(greeting, operator, 4, over="40 min")
    copying.run(many, context(runner))
    first = many.asked_at
    assert [round((due - first).total_seconds()) for due in dues(greeting)][1:] == [600, 1200, 1800]


def test_without_a_time_or_for_one_nothing_is_spread() -> None:
    now = datetime.now(UTC)
    assert copies.ramp(JobOptions(), now, over=None, count=5) is None
    assert copies.ramp(JobOptions(), now, over=60, count=1) is None
