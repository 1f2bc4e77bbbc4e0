"""A claim that is made only to write down how the job ended: nothing that keeps jobs from starting keeps it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from queueing.domain.job import JobSpec
from queueing.domain.limits import Limit, Scope
from queueing.domain.ports import JobStore, Park, Run, Stale, Verdict
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import (
    QUEUE,
    TYPE,
    added,
    alive,
    attempt,
    claimed,
    ending,
    in_state,
    job,
    message,
    record,
    running,
    settled,
    state_of,
)

OF_TYPE = Scope("type", TYPE)
HOUR = timedelta(hours=1)


async def to_settle(store: JobStore, spec: JobSpec, *, epoch: int = 1, begun: int = 0) -> Verdict:
    [verdict] = await store.claim([message(spec, epoch=epoch, attempt=begun)], worker="ada", to_settle=True)
    return verdict


async def written(store: JobStore, spec: JobSpec, *, epoch: int = 1, begun: int = 0) -> None:
    run = await to_settle(store, spec, epoch=epoch, begun=begun)
    assert isinstance(run, Run), run
    await settled(store, ending(spec, run, epoch=epoch))
    assert await state_of(store, spec) is JobState.SUCCEEDED


async def test_the_outcome_of_a_job_whose_record_is_lost_is_written(store: JobStore):
    spec = job(max_attempts=2)
    await written(store, spec, epoch=3, begun=1)
    assert (await record(store, spec)).attempt == 2


async def test_a_full_limit_does_not_keep_it_back_and_nobody_loses_a_slot(store: JobStore):
    other, run = await running(store, queue="parcels")
    await store.declare_limits({OF_TYPE: Limit(concurrent=1)})
    waiting = await added(store, queue="parcels")
    [verdict] = await store.claim([message(waiting)], worker="ada")
    assert isinstance(verdict, Park) and verdict.reason == "limited"
    await written(store, job())
    assert await store.place_in_line(waiting.id, OF_TYPE) == 0, "the other one still has the slot"
    assert [ref.id for ref in (await settled(store, ending(other, run))).released] == [waiting.id]


async def test_it_takes_no_turn_of_a_rate(store: JobStore):
    await store.declare_limits({OF_TYPE: Limit(rate=1, per=3600)})
    await alive(store)
    await written(store, job())
    await claimed(store, await added(store))
    await written(store, job())


async def test_a_job_that_stands_in_a_line_leaves_it(store: JobStore):
    await store.declare_limits({OF_TYPE: Limit(concurrent=1)})
    await running(store)
    spec = await added(store)
    [verdict] = await store.claim([message(spec)], worker="ada")
    assert isinstance(verdict, Park)
    await written(store, spec)
    assert await store.place_in_line(spec.id, OF_TYPE) is None


async def test_a_pause_does_not_keep_it_back(store: JobStore):
    await store.pause(QUEUE, paused=True, by="mira")
    await written(store, job())


async def test_nor_that_its_time_to_start_has_passed(store: JobStore):
    await written(store, job(expires_at=datetime.now(UTC) - HOUR))


async def test_nor_that_it_is_not_due(store: JobStore):
    await written(store, await added(store, delay=3600.0))


async def test_nor_that_it_ended_workers_before_and_another_such_job_is_tried(store: JobStore):
    specs = []
    for _ in range(2):
        spec, _ = await running(store, worker="bob", max_attempts=2)
        specs.append(spec)
    await store.forget_worker("bob")
    await alive(store)
    [tried, refused] = await store.claim([message(spec) for spec in specs], worker="ada")
    assert isinstance(tried, Run)
    assert isinstance(refused, Park) and refused.reason == "suspect"
    await written(store, specs[1])


async def test_a_dead_workers_last_attempt_does_not_fail_it(store: JobStore):
    """Redis came back from a state in which bob still ran it; ada has run it since."""
    spec, _ = await running(store, worker="bob", max_attempts=1)
    await store.forget_worker("bob")
    await written(store, spec)
    assert [told.worker for told in (await record(store, spec)).attempts] == ["bob", "ada"]


async def test_what_another_worker_runs_is_its_own(store: JobStore):
    spec, run = await running(store, worker="bob")
    await alive(store)
    verdict = await to_settle(store, spec)
    assert isinstance(verdict, Park) and verdict.reason == "held"
    await settled(store, ending(spec, run))


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.CANCELLED, JobState.FAILED, JobState.RETRYING])
async def test_what_has_ended_or_goes_on_in_a_later_life_is_not_touched(store: JobStore, state: JobState):
    spec = await in_state(store, state)
    assert await to_settle(store, spec) == Stale()
    assert await state_of(store, spec) is state


async def test_what_was_discarded_stays_gone(store: JobStore):
    spec = await in_state(store, JobState.SUCCEEDED)
    await store.discard([spec.id])
    assert await to_settle(store, spec) == Stale()


async def test_a_failure_that_is_written_so_waits_for_its_dead_letter(store: JobStore):
    spec = job()
    run = await to_settle(store, spec)
    assert isinstance(run, Run)
    told = attempt(run, JobState.FAILED)
    await settled(store, ending(spec, run, JobState.FAILED, attempt=told))
    assert (await record(store, spec)).unconfirmed
