"""``@job`` in a Django project: called, enqueued, enqueued from a transaction, from threads and from coroutines."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from queueing import Backoff, JobOptions, JobState, job, runtime, sync
from queueing.conf import ClusterConfig
from queueing.domain.job import JobRecord
from queueing.errors import ConfigurationError, InvalidOptions, InvalidPayload


@dataclass
class Parcel:
    number: int
    to: str = "Rostock"


@job("tests.weigh", queue="parcels", max_attempts=7, backoff=Backoff.fixed(1), tags=["heavy"])
def weigh(parcel: Parcel) -> int:
    return parcel.number * 2


@job(queue="parcels")
def route(number: int, by_sea: bool = False) -> str:
    return f"{number} {by_sea}"


@pytest.fixture(autouse=True)
def embedded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fresh embedded cluster on the engine loop."""
    monkeypatch.setattr(runtime, "_clusters", {})
    monkeypatch.setattr(runtime.conf, "from_django", lambda alias="default": ClusterConfig(prefix="jobs-test"))
    yield
    sync.run(runtime.cluster().close())


def record(job_id: str) -> JobRecord | None:
    return runtime.ask(runtime.cluster().inspector.job(job_id))


def found(job_id: str) -> JobRecord:
    job = record(job_id)
    assert job is not None
    return job


def test_a_job_is_still_the_function_it_was() -> None:
    assert weigh(Parcel(21)) == 42
    assert weigh.__name__ == "weigh"
    assert repr(route) == "<job route on parcels>"


@pytest.mark.django_db(transaction=True)
def test_enqueue_records_the_payload_with_the_types_own_options() -> None:
    job = found(weigh.enqueue(Parcel(7)))
    assert (job.type, job.queue, job.state, job.payload) == (
        "tests.weigh",
        "parcels",
        JobState.QUEUED,
        b'{"number":7,"to":"Rostock"}',
    )
    assert (job.options.max_attempts, job.options.tags) == (7, ("heavy",))
    assert not job.unconfirmed


@pytest.mark.django_db(transaction=True)
def test_arguments_are_given_as_in_a_call() -> None:
    assert found(route.enqueue(3, by_sea=True)).payload == b'{"number":3,"by_sea":true}'
    assert found(weigh.enqueue(number=3, to="Kiel")).payload == b'{"number":3,"to":"Kiel"}'


@pytest.mark.django_db(transaction=True)
def test_using_changes_options_for_one_call() -> None:
    job = found(weigh.using(delay=60, max_attempts=3, tags=["light"]).enqueue(Parcel(1)))
    assert (job.state, job.options.max_attempts, job.options.tags) == (JobState.SCHEDULED, 3, ("light",))
    assert found(weigh.enqueue(Parcel(1))).options.max_attempts == 7
    assert found(weigh.using(JobOptions(max_attempts=1)).enqueue(Parcel(1))).options == JobOptions(max_attempts=1)


def test_wrong_arguments_are_refused_at_the_call_not_at_commit() -> None:
    with pytest.raises(InvalidPayload, match=r"\$\.number"):
        route.enqueue("three")
    with pytest.raises(InvalidPayload, match="twice"):
        route.enqueue(3, number=3)
    with pytest.raises(InvalidOptions, match="Unknown option retries"):
        route.using(retries=3)


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_transaction_is_added_when_it_commits() -> None:
    with transaction.atomic():
        job_id = weigh.enqueue(Parcel(1))
        assert record(job_id) is None
    assert found(job_id).state is JobState.QUEUED


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_transaction_that_rolls_back_was_never_added() -> None:
    ids = []
    with pytest.raises(RuntimeError), transaction.atomic():
        ids.append(weigh.enqueue(Parcel(1)))
        raise RuntimeError
    assert record(ids[0]) is None


@pytest.mark.django_db(transaction=True)
def test_many_threads_enqueue_at_once() -> None:
    from django.db import connections

    def one(number: int) -> str:
        try:
            return route.enqueue(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(one, range(100)))
    assert len(set(ids)) == 100
    assert all(found(job_id).state is JobState.QUEUED for job_id in ids)


@pytest.mark.django_db(transaction=True)
async def test_where_a_job_has_the_unique_key_its_id_is_returned() -> None:
    unique = route.using(unique_key="route 5")
    first = await unique.aenqueue(5)
    assert await unique.aenqueue(6) == first
    assert await sync_to_async(unique.enqueue)(7) == first
    job = await sync.arun(runtime.cluster().inspector.job(first))
    assert job is not None and job.payload == b'{"number":5}'


async def test_a_coroutine_awaits_it() -> None:
    job_id = await route.aenqueue(5)
    job = await sync.arun(runtime.cluster().inspector.job(job_id))
    assert job is not None and job.payload == b'{"number":5}'


async def test_a_coroutine_that_would_block_its_loop_is_told() -> None:
    with pytest.raises(Exception, match="aenqueue"):
        route.enqueue(5)


def test_a_job_cannot_be_made_of_a_job() -> None:
    with pytest.raises(ConfigurationError, match="is a job already"):
        job("again")(route)
