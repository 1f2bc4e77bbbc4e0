"""What the leader's chores promise."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from queueing.domain.job import JobRef, JobSpec
from queueing.domain.ports import JobStore, Park, Run, Stale
from queueing.domain.reading import RunningJob
from queueing.domain.states import FINISHED, JobState
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
from queueing.testing.contracts.others import MakeAnother, opened
from queueing.testing.eventually import eventually


async def test_there_is_one_leader(store: JobStore):
    answers = await asyncio.gather(*(store.lead(worker, ttl=30) for worker in ("ada", "bob", "cyd")))
    assert sorted(answers) == [False, False, True]
    assert await store.leader() in ("ada", "bob", "cyd")


async def test_the_leader_remains_leader_and_can_resign(store: JobStore):
    assert await store.lead("ada", ttl=30)
    assert await store.lead("ada", ttl=30)
    await store.resign("bob")
    assert await store.leader() == "ada"
    await store.resign("ada")
    assert await store.leader() is None
    assert await store.lead("bob", ttl=30)


async def test_a_leader_that_does_not_renew_is_replaced(store: JobStore):
    await store.lead("ada", ttl=0.05)
    await eventually(lambda: store.lead("bob", ttl=30))


async def test_a_dead_worker_leads_no_longer(store: JobStore):
    await alive(store, "ada")
    await store.lead("ada", ttl=30)
    await store.forget_worker("ada")
    assert await store.leader() is None


async def test_due_jobs_are_shown_as_queued_and_others_wait(store: JobStore):
    due, later = await added(store, delay=0.05), await added(store, delay=60.0)
    before = (await record(store, due)).due_at
    await eventually(lambda: store.promote(limit=10))
    found = await record(store, due)
    assert (found.state, found.epoch, found.due_at) == (JobState.QUEUED, 1, before)
    assert await state_of(store, later) is JobState.SCHEDULED


async def test_a_due_retry_is_shown_as_queued(store: JobStore):
    spec, run = await running(store)
    await settled(store, ending(spec, run, JobState.RETRYING, delay=0.05))
    await eventually(lambda: store.promote(limit=10))
    assert await index_of(store, spec) == {JobState.QUEUED: 1}
    await claimed(store, spec, epoch=2)


async def test_promotion_does_at_most_its_limit(store: JobStore):
    await store.add([job(delay=0.02, queue=queue) for queue in ("a", "b") for _ in range(3)])

    async def all_due() -> bool:
        done.append(await store.promote(limit=4))
        return sum(done) == 6

    done: list[int] = []
    await eventually(all_due)
    assert max(done) <= 4


async def test_a_dead_workers_job_is_rescued_with_a_new_epoch(store: JobStore):
    spec, _ = await running(store, worker="bob")
    await store.forget_worker("bob")
    assert await store.rescue(older_than=0, limit=10) == [JobRef(spec.id, 2)]
    found = await record(store, spec)
    assert (found.state, found.epoch, found.attempt, found.unconfirmed) == (JobState.QUEUED, 2, 1, True)
    assert [(told.worker, told.error and told.error.kind) for told in found.attempts] == [("bob", "WorkerLost")]
    assert await store.claim([message(spec)], worker="ada") == [Stale()]
    await alive(store, "ada")
    assert (await claimed(store, spec, epoch=2)).attempt == 2


async def test_a_dead_workers_job_without_attempts_left_fails(store: JobStore):
    spec, _ = await running(store, worker="bob", max_attempts=1)
    await store.forget_worker("bob")
    assert await store.rescue(older_than=0, limit=10) == [JobRef(spec.id, 2)]
    found = await record(store, spec)
    assert (found.state, found.error_kind, found.unconfirmed) == (JobState.FAILED, "WorkerLost", True)


async def test_a_job_of_a_live_worker_is_not_rescued(store: JobStore):
    spec, _ = await running(store)
    assert await store.rescue(older_than=0, limit=10) == []
    assert await state_of(store, spec) is JobState.RUNNING


async def test_a_job_that_its_live_worker_no_longer_names_is_rescued(store: JobStore):
    # Redis came back from an older state of itself, and has forgotten how the job ended.
    kept, run = await running(store, worker="bob")
    forgotten, _ = await running(store, worker="bob")
    named = RunningJob(id=kept.id, type=kept.type, queue=kept.queue, started_at=run.started_at)

    async def rescued() -> list[JobRef]:
        assert (await store.beat(status("bob", running=(named,)), ttl=30.0)).known
        return await store.rescue(older_than=0.05, limit=10)

    assert await eventually(rescued) == [JobRef(forgotten.id, 2)]
    found = await record(store, forgotten)
    assert (found.state, found.error_kind) == (JobState.QUEUED, "WorkerLost")
    assert found.attempts[0].error is not None
    assert "older state" in found.attempts[0].error.message
    assert await state_of(store, kept) is JobState.RUNNING


@pytest.mark.parametrize("short", ["7", "i", "mail"])
async def test_an_id_that_is_part_of_another_text_is_not_named(store: JobStore, short: str):
    kept, run = await running(store, worker="bob", id=f"1{short}7")
    forgotten, _ = await running(store, worker="bob", id=short)
    longest, last = await running(store, worker="bob", id="\N{WATER BUFFALO}" * 64)
    named = tuple(
        RunningJob(id=one.id, type=one.type, queue=one.queue, started_at=began.started_at)
        for one, began in ((kept, run), (longest, last))
    )

    async def rescued() -> list[JobRef]:
        assert (await store.beat(status("bob", running=named), ttl=30.0)).known
        return await store.rescue(older_than=0.05, limit=10)

    assert await eventually(rescued) == [JobRef(forgotten.id, 2)]


async def test_the_broker_is_given_time_to_redeliver_before_a_rescue(store: JobStore):
    spec, _ = await running(store, worker="bob")
    await store.forget_worker("bob")
    assert await store.rescue(older_than=60, limit=10) == []
    assert await state_of(store, spec) is JobState.RUNNING


async def returned(store: JobStore, *, to: str = "ada", **options: Any) -> JobSpec:
    """A job of bob's whose message the broker has delivered to another worker, before anybody knew of bob's death."""
    spec, _ = await running(store, worker="bob", **options)
    [verdict] = await store.claim([message(spec)], worker=to)
    assert isinstance(verdict, Park) and verdict.reason == "held"
    return spec


async def test_a_job_whose_message_was_put_away_before_its_worker_died_is_recalled_at_once(store: JobStore):
    spec = await returned(store)
    assert await store.recall(limit=10) == []
    await store.forget_worker("bob")
    assert await store.recall(limit=10) == [JobRef(spec.id, 2)]
    found = await record(store, spec)
    assert (found.state, found.attempt, found.error_kind, found.unconfirmed) == (JobState.QUEUED, 1, "WorkerLost", True)
    assert await store.claim([message(spec)], worker="ada") == [Stale()]
    await alive(store, "ada")
    assert (await claimed(store, spec, epoch=2)).attempt == 2
    assert await store.recall(limit=10) == []


async def test_a_worker_whose_key_runs_out_has_its_jobs_recalled_too(store: JobStore):
    spec = await returned(store)
    await alive(store, "bob", ttl=0.1)
    assert await eventually(lambda: store.recall(limit=10)) == [JobRef(spec.id, 2)]


async def test_a_recalled_job_without_attempts_left_fails(store: JobStore):
    spec = await returned(store, max_attempts=1)
    await store.forget_worker("bob")
    assert await store.recall(limit=10) == [JobRef(spec.id, 2)]
    assert await state_of(store, spec) is JobState.FAILED


async def test_a_job_that_the_broker_has_yet_to_deliver_again_is_not_recalled(store: JobStore):
    spec, _ = await running(store, worker="bob")
    await store.forget_worker("bob")
    assert await store.recall(limit=10) == []
    await alive(store, "ada")
    await claimed(store, spec)


async def test_what_ended_or_was_taken_over_meanwhile_is_not_recalled(store: JobStore):
    ended, run = await running(store, worker="bob")
    await store.claim([message(ended)], worker="ada")
    taken = await returned(store)
    await settled(store, ending(ended, run))
    await store.forget_worker("bob")
    await alive(store, "ada")
    await claimed(store, taken)
    assert await store.recall(limit=10) == []
    assert (await state_of(store, ended), await state_of(store, taken)) == (JobState.SUCCEEDED, JobState.RUNNING)


async def test_recalling_does_at_most_its_limit(store: JobStore):
    for _ in range(5):
        await returned(store)
    await store.forget_worker("bob")
    assert [len(await store.recall(limit=2)) for _ in range(4)] == [2, 2, 1, 0]


async def test_rescue_does_at_most_its_limit(store: JobStore):
    for _ in range(3):
        await running(store, worker="bob")
    await store.forget_worker("bob")
    assert len(await store.rescue(older_than=0, limit=2)) == 2
    assert len(await store.rescue(older_than=0, limit=2)) == 1


async def test_a_rescue_and_a_claim_at_once_leave_one_attempt(store: JobStore):
    spec, _ = await running(store, worker="bob")
    await store.forget_worker("bob")
    await alive(store, "ada")
    rescued, [verdict] = await asyncio.gather(
        store.rescue(older_than=0, limit=10), store.claim([message(spec)], worker="ada")
    )
    assert bool(rescued) != isinstance(verdict, Run)


async def test_outbox_entries_come_oldest_first_and_only_when_old_enough(store: JobStore):
    refs = [answer.ref for spec in (job(), job(), job()) for answer in await store.add([spec])]
    assert await store.unconfirmed(older_than=60, limit=10) == []

    async def all_found() -> bool:
        return set(await store.unconfirmed(older_than=0.01, limit=10)) == set(refs)

    await eventually(all_found)
    assert len(await store.unconfirmed(older_than=0, limit=2)) == 2


async def test_what_must_be_published_again_comes_with_its_spec(store: JobStore):
    waiting, later = job(), job(delay=60.0)
    refs = [answer.ref for answer in await store.add([waiting, later])]
    found = await store.specs(refs)
    assert [pair and pair[0] for pair in found] == [waiting, later]
    assert [pair and pair[1].state for pair in found] == [JobState.QUEUED, JobState.SCHEDULED]


async def test_a_failed_job_has_a_dead_letter_to_publish(store: JobStore):
    spec = await in_state(store, JobState.FAILED)
    [pair] = await store.specs([JobRef(spec.id, 2)])
    assert pair is not None
    assert pair[1].state is JobState.FAILED


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.SUCCEEDED, JobState.CANCELLED])
async def test_a_job_whose_message_has_arrived_needs_none(store: JobStore, state: JobState):
    spec = await in_state(store, state)
    assert await store.specs([JobRef(spec.id, 1)]) == [None]


async def test_an_old_life_and_an_unknown_job_need_no_message(store: JobStore):
    spec = await in_state(store, JobState.RETRYING)
    assert await store.specs([JobRef(spec.id, 1), JobRef("nobody", 1)]) == [None, None]


@pytest.mark.parametrize("state", sorted(FINISHED))
async def test_a_record_goes_when_its_own_retention_ends(store: JobStore, state: JobState):
    spec, kept = await in_state(store, state, retention=0.0), await in_state(store, state)
    assert await store.trim(limit=10) == 1
    assert await store.get(spec.id) is None
    assert await store.get(kept.id) is not None
    assert await index_of(store, spec) == {state: 1}


async def test_retention_can_be_set_per_state(make_another: MakeAnother):
    store = await opened(make_another, retention={JobState.SUCCEEDED: 0.0, JobState.FAILED: float("inf")})
    gone, kept = await in_state(store, JobState.SUCCEEDED), await in_state(store, JobState.FAILED)
    assert await store.trim(limit=10) == 1
    assert await store.get(gone.id) is None
    assert await store.get(kept.id) is not None


async def test_trimming_does_at_most_its_limit(store: JobStore):
    for _ in range(3):
        await in_state(store, JobState.SUCCEEDED, retention=0.0)
    assert [await store.trim(limit=2) for _ in range(3)] == [2, 1, 0]


@pytest.mark.parametrize("state", sorted(FINISHED))
async def test_a_message_that_outlives_its_trimmed_record_is_stale(store: JobStore, state: JobState):
    spec = await in_state(store, state, retention=0.0)
    epoch = (await record(store, spec)).epoch
    await store.trim(limit=10)
    assert await store.claim([message(spec, epoch=epoch)], worker="ada") == [Stale()]
