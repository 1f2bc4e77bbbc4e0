"""Jobs that were lost with their worker: which of them are suspects, and how they are kept from taking others along."""

from __future__ import annotations

import uuid

import pytest

from queueing.domain.job import JobSpec
from queueing.domain.ports import Buried, JobStore, Park, Run, Verdict
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import added, alive, ending, message, record, settled
from queueing.testing.eventually import eventually


async def asked(store: JobStore, spec: JobSpec, *, worker: str = "ada") -> Verdict:
    [verdict] = await store.claim([message(spec, epoch=(await record(store, spec)).epoch)], worker=worker)
    return verdict


async def lose(store: JobStore, *specs: JobSpec, times: int = 1) -> None:
    """Workers that die one after the other, each with all of these jobs."""
    for _ in range(times):
        ghost = await alive(store, str(uuid.uuid4()))
        for spec in specs:
            verdict = await asked(store, spec, worker=ghost)
            assert isinstance(verdict, Run), verdict
        await store.forget_worker(ghost)


async def suspects(store: JobStore, count: int) -> list[JobSpec]:
    specs = [await added(store, max_attempts=9) for _ in range(count)]
    await lose(store, *specs, times=2)
    await alive(store)
    return specs


async def test_a_worker_runs_one_suspect_at_a_time(store: JobStore):
    first, second = await suspects(store, 2)
    run = await asked(store, first)
    assert isinstance(run, Run) and run.attempt == 3
    wait = await asked(store, second)
    assert isinstance(wait, Park)
    assert (wait.reason, wait.delay) == ("suspect", 1.5)
    assert (await record(store, second)).state is JobState.QUEUED
    await settled(store, ending(first, run))
    assert isinstance(await asked(store, second), Run)


async def test_two_in_one_batch_are_one_too_many(store: JobStore):
    specs = await suspects(store, 3)
    verdicts = await store.claim([message(spec) for spec in specs], worker="ada")
    assert [type(verdict) for verdict in verdicts] == [Run, Park, Park]


async def test_another_worker_tries_the_other_one(store: JobStore):
    first, second = await suspects(store, 2)
    await alive(store, "bob")
    assert isinstance(await asked(store, first), Run)
    assert isinstance(await asked(store, second, worker="bob"), Run)


async def test_jobs_that_were_never_lost_run_beside_a_suspect(store: JobStore):
    [suspect] = await suspects(store, 1)
    assert isinstance(await asked(store, suspect), Run)
    assert isinstance(await asked(store, await added(store)), Run)


async def test_one_loss_makes_no_suspect_unless_the_next_run_is_the_last(store: JobStore):
    specs = [await added(store, max_attempts=9) for _ in range(2)]
    await lose(store, *specs)
    await alive(store)
    assert [type(await asked(store, spec)) for spec in specs] == [Run, Run]
    last = [await added(store, max_attempts=2) for _ in range(2)]
    await lose(store, *last)
    assert [type(await asked(store, spec)) for spec in last] == [Run, Park]


@pytest.mark.parametrize("outcome", [JobState.SUCCEEDED, JobState.RETRYING, JobState.QUEUED])
async def test_a_run_that_ends_clears_its_name(store: JobStore, outcome: JobState):
    [suspect] = await suspects(store, 1)
    assert (await record(store, suspect)).losses == 1, "a loss is known when the job is claimed again"
    run = await asked(store, suspect)
    assert isinstance(run, Run)
    assert (await record(store, suspect)).losses == 2
    await settled(store, ending(suspect, run, outcome))
    assert (await record(store, suspect)).losses == 0


async def test_a_trial_ends_with_the_worker_that_held_it(store: JobStore):
    first, second = await suspects(store, 2)
    assert isinstance(await asked(store, first), Run)
    await store.forget_worker("ada")
    await alive(store, "bob")
    assert isinstance(await asked(store, second, worker="bob"), Run)


async def test_a_job_whose_attempts_are_used_up_says_what_to_look_at(store: JobStore):
    spec = await added(store, max_attempts=2)
    await lose(store, spec, times=2)
    await alive(store)
    assert isinstance(await asked(store, spec), Buried)
    found = await record(store, spec)
    assert found.state is JobState.FAILED and found.error is not None
    assert found.error.kind == "WorkerLost"
    assert "It has no attempts left" in found.error.message and "out of memory" in found.error.message


async def test_a_replay_starts_with_a_clean_record(store: JobStore):
    spec = await added(store, max_attempts=2)
    await lose(store, spec, times=2)
    await alive(store)
    await asked(store, spec)
    await store.replay([spec.id], by="ada")
    assert (await record(store, spec)).losses == 0


async def test_the_losses_of_a_rescued_job_count(store: JobStore):
    spec = await added(store, max_attempts=9)
    await lose(store, spec)

    async def rescued() -> bool:
        return bool(await store.rescue(older_than=0, limit=10))

    await eventually(rescued)
    assert (await record(store, spec)).losses == 1
