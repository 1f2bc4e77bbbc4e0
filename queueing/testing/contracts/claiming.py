"""What ``claim`` promises: the verdicts, and that no job is run by two at a time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from queueing.domain.job import JobRef, Progress
from queueing.domain.ports import Buried, JobStore, Park, Report, Run, Stale
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import (
    added,
    alive,
    claimed,
    ending,
    in_state,
    index_of,
    job,
    message,
    record,
    running,
    settled,
    state_of,
    status,
)
from queueing.testing.eventually import eventually


async def test_a_queued_job_is_run(store: JobStore):
    await alive(store)
    spec = await added(store)
    run = await claimed(store, spec)
    found = await record(store, spec)
    assert (run.attempt, run.cancel_requested) == (1, False)
    assert (found.state, found.attempt, found.worker, found.started_at) == (JobState.RUNNING, 1, "ada", run.started_at)
    assert run.queued_at == found.due_at
    assert await index_of(store, spec) == {JobState.RUNNING: 1}


async def test_each_claim_has_a_token_of_its_own(store: JobStore):
    await alive(store)
    specs = [await added(store) for _ in range(5)]
    verdicts = await store.claim([message(spec) for spec in specs], worker="ada")
    assert len({verdict.token for verdict in verdicts if isinstance(verdict, Run)}) == 5


async def test_verdicts_come_in_the_order_of_the_messages(store: JobStore):
    await alive(store)
    there, early = await added(store), await added(store, delay=60.0)
    verdicts = await store.claim([message(early), message(job()), message(there, epoch=0)], worker="ada")
    assert [type(verdict) for verdict in verdicts] == [Park, Run, Stale]


async def test_of_two_claims_at_once_one_runs_and_one_is_parked(store: JobStore):
    for worker in ("ada", "bob"):
        await alive(store, worker)
    spec = await added(store)
    verdicts = await asyncio.gather(*(store.claim([message(spec)], worker=worker) for worker in ("ada", "bob")))
    kinds = sorted(type(verdict).__name__ for [verdict] in verdicts)
    assert kinds == ["Park", "Run"]


async def test_two_copies_of_a_message_in_one_batch_run_once(store: JobStore):
    await alive(store)
    spec = await added(store)
    first, second = await store.claim([message(spec), message(spec)], worker="ada")
    assert isinstance(first, Run)
    assert isinstance(second, Park)
    assert second.reason == "held"


async def test_a_job_that_its_own_worker_runs_is_held(store: JobStore):
    spec, _ = await running(store)
    [verdict] = await store.claim([message(spec)], worker="ada")
    assert isinstance(verdict, Park)
    assert (verdict.reason, verdict.delay) == ("held", 5.0)
    assert (await record(store, spec)).attempt == 1


async def test_a_message_of_an_old_life_is_stale(store: JobStore):
    spec = await in_state(store, JobState.RETRYING)
    assert await store.claim([message(spec)], worker="ada") == [Stale()]
    assert await state_of(store, spec) is JobState.RETRYING


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED])
async def test_a_message_of_a_finished_job_is_stale(store: JobStore, state: JobState):
    spec = await in_state(store, state)
    epoch = (await record(store, spec)).epoch
    assert await store.claim([message(spec, epoch=epoch)], worker="ada") == [Stale()]
    assert await state_of(store, spec) is state


async def test_a_job_that_is_not_due_is_parked_for_the_rest(store: JobStore):
    spec = await added(store, delay=60.0)
    [verdict] = await store.claim([message(spec)], worker="ada")
    assert isinstance(verdict, Park)
    assert verdict.reason == "early"
    assert verdict.delay == pytest.approx(60.0, abs=1.0)


async def test_a_due_job_is_run_even_where_nobody_has_promoted_it(store: JobStore):
    await alive(store)
    spec = await added(store, delay=0.05)

    async def runs() -> bool:
        [verdict] = await store.claim([message(spec)], worker="ada")
        return isinstance(verdict, Run)

    await eventually(runs)
    assert await index_of(store, spec) == {JobState.RUNNING: 1}


async def test_a_paused_queue_parks_its_jobs_and_no_others(store: JobStore):
    await alive(store)
    here, there = await added(store), await added(store, queue="parcels")
    await store.pause(here.queue, paused=True, by="ada")
    parked, run = await store.claim([message(here), message(there)], worker="ada")
    assert isinstance(parked, Park)
    assert parked.reason == "paused"
    assert isinstance(run, Run)
    await store.pause(here.queue, paused=False, by="ada")
    await claimed(store, here)


async def test_a_job_past_its_expiry_is_buried_instead_of_run(store: JobStore):
    spec = await added(store, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    [verdict] = await store.claim([message(spec)], worker="ada")
    assert verdict == Buried(epoch=2, reason="expired")
    found = await record(store, spec)
    assert (found.state, found.error_kind, found.attempt) == (JobState.FAILED, "Expired", 0)
    assert found.error is not None
    assert found.finished_at is not None
    assert await store.unconfirmed(older_than=0, limit=10) == [JobRef(spec.id, 2)]


async def test_a_job_before_its_expiry_is_run(store: JobStore):
    spec, _ = await running(store, expires_at=datetime.now(UTC) + timedelta(hours=1))
    assert await state_of(store, spec) is JobState.RUNNING


async def test_a_missing_record_is_rebuilt_from_its_message(store: JobStore):
    await alive(store)
    spec = job(tags=("a",), max_attempts=5)
    [verdict] = await store.claim([message(spec, epoch=4, attempt=2)], worker="ada")
    assert isinstance(verdict, Run)
    found = await record(store, spec)
    assert (found.spec, found.epoch, found.attempt, found.state) == (spec, 4, 3, JobState.RUNNING)
    assert await store.outbox_size() == 0


async def test_a_missing_record_of_an_early_message_is_rebuilt_as_scheduled(store: JobStore):
    spec = job()
    not_before = datetime.now(UTC) + timedelta(minutes=5)
    [verdict] = await store.claim([message(spec, not_before=not_before)], worker="ada")
    assert isinstance(verdict, Park)
    assert verdict.reason == "early"
    assert await index_of(store, spec) == {JobState.SCHEDULED: 1}


@pytest.mark.parametrize("holder", ["alive", "dead"])
async def test_a_message_of_a_later_life_than_the_record_is_believed(store: JobStore, holder: str):
    # Redis came back from an older state of itself: the job's retry is known to the broker only.
    await alive(store)
    spec, _ = await running(store, worker="bob")
    if holder == "dead":
        await store.forget_worker("bob")
    [verdict] = await store.claim([message(spec, epoch=3, attempt=1)], worker="ada")
    assert isinstance(verdict, Run)
    found = await record(store, spec)
    assert (found.epoch, found.attempt, found.worker) == (3, 2, "ada")
    assert await index_of(store, spec) == {JobState.RUNNING: 1}


@pytest.mark.parametrize("known", [True, False])
async def test_a_life_that_no_job_can_have_come_to_is_not_believed(store: JobStore, known: bool):
    await alive(store)
    spec = await added(store) if known else job()
    assert await store.claim([message(spec, epoch=2**40)], worker="ada") == [Stale()]
    assert await state_of(store, spec) is JobState.QUEUED
    epoch = (await record(store, spec)).epoch
    assert epoch == (1 if known else 2**31 - 1)
    # The message that made it up is dropped: a job that had no other has one to come.
    assert await store.unconfirmed(older_than=0, limit=10) == ([] if known else [JobRef(spec.id, epoch)])
    run = await claimed(store, spec, epoch=epoch)
    [settled] = await store.settle([ending(spec, run, JobState.RETRYING, epoch=epoch)])
    assert settled is not None
    assert settled.ref.epoch == epoch + 1
    assert (await claimed(store, spec, epoch=epoch + 1)).attempt == 2


async def test_the_message_of_a_cancelled_job_is_stale_when_it_arrives(store: JobStore):
    spec = await added(store)
    await store.cancel([spec.id], by="ada")
    assert await store.claim([message(spec)], worker="ada") == [Stale()]
    assert await state_of(store, spec) is JobState.CANCELLED


async def test_a_job_of_a_dead_worker_is_claimed_anew_and_the_lost_attempt_is_told(store: JobStore):
    spec, lost = await running(store, worker="bob")
    await store.forget_worker("bob")
    await alive(store, "ada")
    run = await claimed(store, spec, worker="ada")
    found = await record(store, spec)
    assert (run.attempt, found.attempt, found.worker, found.epoch) == (2, 2, "ada", 1)
    [told] = found.attempts
    assert (told.number, told.worker, told.started_at, told.outcome) == (1, "bob", lost.started_at, JobState.QUEUED)
    assert told.error is not None
    assert told.error.kind == "WorkerLost"
    assert "bob" in told.error.message
    assert await store.settle([ending(spec, lost)]) == [None]
    assert await index_of(store, spec) == {JobState.RUNNING: 1}


async def test_a_job_of_a_worker_that_stopped_beating_is_claimed_anew(store: JobStore):
    await alive(store, "bob", ttl=0.1)
    spec = await added(store)
    await claimed(store, spec, worker="bob")
    await alive(store, "ada")

    async def taken_over() -> bool:
        [verdict] = await store.claim([message(spec)], worker="ada")
        return isinstance(verdict, Run)

    await eventually(taken_over)


async def test_a_job_whose_workers_were_lost_too_often_is_buried(store: JobStore):
    spec, _ = await running(store, worker="bob", max_attempts=1)
    await store.forget_worker("bob")
    [verdict] = await store.claim([message(spec)], worker="ada")
    assert verdict == Buried(epoch=2, reason="lost")
    found = await record(store, spec)
    assert (found.state, found.error_kind) == (JobState.FAILED, "WorkerLost")
    assert [attempt.outcome for attempt in found.attempts] == [JobState.FAILED]
    assert found.error == found.attempts[0].error
    assert await store.unconfirmed(older_than=0, limit=10) == [JobRef(spec.id, 2)]


async def test_a_worker_that_came_back_under_its_old_id_holds_no_job_of_its_old_life(store: JobStore):
    spec, run = await running(store, worker="bob")
    await store.forget_worker("bob")
    assert not (await store.beat(status("bob"), ttl=30)).known
    # Two lives do not begin in one moment: the key of the first had to run out.
    await store.tune_clock()
    await eventually(lambda: store.clock.now() > run.started_at + timedelta(milliseconds=20))
    await alive(store, "bob")
    await alive(store, "ada")
    await claimed(store, spec, worker="ada")


async def test_progress_of_an_earlier_attempt_is_gone_when_the_next_one_starts(store: JobStore):
    spec, run = await running(store)
    await store.report([Report(ref=JobRef(spec.id, 1), token=run.token, progress=Progress(done=5, total=9))])
    await settled(store, ending(spec, run, JobState.RETRYING))
    await claimed(store, spec, epoch=2)
    assert (await record(store, spec)).progress is None
