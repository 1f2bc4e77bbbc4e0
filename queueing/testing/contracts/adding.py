"""What ``add`` and ``confirm`` promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from queueing.domain.backoff import Linear
from queueing.domain.job import JobRef
from queueing.domain.ports import JobStore, Run, Stale
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import (
    added,
    alive,
    claimed,
    in_state,
    index_of,
    job,
    message,
    record,
    running,
    state_of,
)


async def test_a_new_job_is_queued_at_epoch_1_with_an_outbox_entry(store: JobStore):
    spec = job()
    [answer] = await store.add([spec])
    assert answer.ref == JobRef(spec.id, 1)
    assert (answer.state, answer.delay, answer.existing) == (JobState.QUEUED, 0.0, False)
    assert await store.outbox_size() == 1
    assert await index_of(store, spec) == {JobState.QUEUED: 1}
    assert (await record(store, spec)).unconfirmed


async def test_the_record_holds_the_spec_as_it_was_given(store: JobStore):
    spec = job(
        payload=b'{"text":"\xc3\xa4\xe2\x82\xac"}',
        max_attempts=7,
        backoff=Linear(step=3.0),
        meta={"tenant": 5},
        tags=("a", "b"),
    )
    await store.add([spec])
    found = await record(store, spec)
    assert found.spec == spec
    assert (found.max_attempts, found.tags, found.attempt, found.version) == (7, ("a", "b"), 0, 1)


async def test_a_payload_may_be_any_bytes(store: JobStore):
    spec = job(payload=bytes(range(256)))
    await store.add([spec])
    assert (await record(store, spec)).payload == bytes(range(256))


async def test_answers_come_in_the_order_of_the_jobs(store: JobStore):
    specs = [job(delay=float(number)) for number in range(1, 20)]
    assert [answer.ref.id for answer in await store.add(specs)] == [spec.id for spec in specs]


async def test_adding_nothing_is_fine(store: JobStore):
    assert await store.add([]) == []
    await store.confirm([])


async def test_a_large_batch_is_added_whole(store: JobStore):
    answers = await store.add([job() for _ in range(1_100)])
    assert len(answers) == await store.outbox_size() == 1_100


async def test_a_delay_makes_it_scheduled(store: JobStore):
    spec = job(delay=90.0)
    [answer] = await store.add([spec])
    assert answer.state is JobState.SCHEDULED
    assert answer.delay == pytest.approx(90.0, abs=0.01)
    assert await index_of(store, spec) == {JobState.SCHEDULED: 1}


async def test_run_at_makes_it_scheduled_for_that_very_time(store: JobStore):
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    spec = job(run_at=at)
    [answer] = await store.add([spec])
    assert (answer.state, answer.due_at) == (JobState.SCHEDULED, at)
    assert (await record(store, spec)).due_at == at


async def test_run_at_in_the_past_is_due_now(store: JobStore):
    [answer] = await store.add([job(run_at=datetime.now(UTC) - timedelta(days=1))])
    assert (answer.state, answer.delay) == (JobState.QUEUED, 0.0)
    assert answer.due_at > datetime.now(UTC) - timedelta(minutes=1)


async def test_the_same_id_again_writes_nothing(store: JobStore):
    spec, _ = await running(store)
    before = await store.sequence()
    [answer] = await store.add([spec])
    assert (answer.existing, answer.ref, answer.state) == (True, JobRef(spec.id, 1), JobState.RUNNING)
    assert await store.sequence() == before
    assert await store.outbox_size() == 0


async def test_the_same_id_twice_in_one_batch_is_one_job(store: JobStore):
    spec = job()
    assert [answer.existing for answer in await store.add([spec, spec])] == [False, True]
    assert await index_of(store, spec) == {JobState.QUEUED: 1}


async def test_confirm_takes_the_entry_out_of_the_outbox(store: JobStore):
    spec = job()
    [answer] = await store.add([spec])
    await store.confirm([answer.ref, answer.ref])
    assert await store.outbox_size() == 0
    assert not (await record(store, spec)).unconfirmed


async def test_confirming_an_old_life_leaves_the_entry_of_the_new_one(store: JobStore):
    spec = await in_state(store, JobState.FAILED)
    await store.replay([spec.id], by="ada")
    await store.confirm([JobRef(spec.id, 1), JobRef(spec.id, 2)])
    assert await store.outbox_size() == 1


async def test_a_queue_and_a_type_of_greatest_length_work(store: JobStore):
    spec = await added(store, queue="q" * 128, type="t:" * 64)
    await alive(store)
    await claimed(store, spec)
    assert await index_of(store, spec) == {JobState.RUNNING: 1}
    assert (await record(store, spec)).type == "t:" * 64


async def test_an_id_from_elsewhere_may_hold_anything(store: JobStore):
    spec = job(id="urn:order:7 {x} é")
    [answer] = await store.add([spec])
    assert await store.unconfirmed(older_than=0, limit=10) == [answer.ref]
    await alive(store)
    [verdict] = await store.claim([message(spec)], worker="ada")
    assert isinstance(verdict, Run)
    assert await state_of(store, spec) is JobState.RUNNING


async def test_the_message_of_a_job_that_was_trimmed_does_not_bring_it_back(store: JobStore):
    spec = await added(store, retention=0.0)
    await store.cancel([spec.id], by="ada")
    assert await store.trim(limit=10) == 1
    assert await store.claim([message(spec)], worker="ada") == [Stale()]
