"""An operator's act under a receipt happens once, whoever repeats it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from queueing.domain.job import JobSpec
from queueing.domain.ports import Changed, JobStore, Receipt
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import added, claimed, ending, in_state, job, record, settled, state_of

Act = Callable[[JobStore, list[str], Receipt], Awaitable[list[Changed]]]
ACTS: dict[str, tuple[JobState, Act]] = {
    "replay": (JobState.FAILED, lambda store, ids, receipt: store.replay(ids, by="ada", receipt=receipt)),
    "cancel": (JobState.QUEUED, lambda store, ids, receipt: store.cancel(ids, by="ada", receipt=receipt)),
    "hasten": (JobState.SCHEDULED, lambda store, ids, receipt: store.hasten(ids, by="ada", receipt=receipt)),
    "discard": (JobState.FAILED, lambda store, ids, receipt: store.discard(ids, receipt=receipt)),
}


def receipt(name: str = "operation-1:0") -> Receipt:
    return Receipt(name=name, frozen_at=datetime.now(UTC) + timedelta(seconds=1))


@pytest.mark.parametrize("name", ACTS)
async def test_the_same_act_again_answers_the_same_and_does_nothing(store: JobStore, name: str):
    state, act = ACTS[name]
    chosen, running = await in_state(store, state), await in_state(store, JobState.RUNNING)
    ids = [chosen.id, "never-was", *([] if name == "cancel" else [running.id])]
    once = receipt()
    first = await act(store, ids, once)
    before, sequence = await store.get(chosen.id), await store.sequence()
    assert await act(store, ids, once) == first
    assert (await store.get(chosen.id), await store.sequence()) == (before, sequence)
    assert [change.done for change in first[:2]] == [True, False]


async def test_a_job_that_failed_again_meanwhile_is_not_retried_twice(store: JobStore):
    spec = await in_state(store, JobState.FAILED)
    once = receipt()
    await store.replay([spec.id], by="ada", receipt=once)
    await fail_again(store, spec)
    [changed] = await store.replay([spec.id], by="ada", receipt=once)
    assert changed.done
    assert await state_of(store, spec) is JobState.FAILED


async def test_another_receipt_is_another_act(store: JobStore):
    spec = await in_state(store, JobState.FAILED)
    await store.replay([spec.id], by="ada", receipt=receipt())
    await fail_again(store, spec)
    [changed] = await store.replay([spec.id], by="ada", receipt=receipt("operation-2:0"))
    assert changed.done
    assert await state_of(store, spec) is JobState.QUEUED


async def test_what_ended_after_the_set_was_frozen_is_left_alone(store: JobStore):
    spec = await in_state(store, JobState.FAILED)
    frozen = (await record(store, spec)).finished_at
    assert frozen is not None
    early = Receipt(name="operation-1:0", frozen_at=frozen - timedelta(milliseconds=1))
    for act in (store.replay([spec.id], by="ada", receipt=early), store.discard([spec.id], receipt=early)):
        [changed] = await act
        assert (changed.done, changed.reason) == (False, "Its last run ended after the set was frozen.")
    assert await state_of(store, spec) is JobState.FAILED


async def test_a_receipt_covers_more_jobs_than_one_script_call(store: JobStore):
    specs = [job() for _ in range(501)]
    await store.add(specs)
    once, ids = receipt(), [spec.id for spec in specs]
    first = await store.cancel(ids, by="ada", receipt=once)
    assert all(change.done for change in first)
    assert await store.cancel(ids, by="ada", receipt=once) == first


async def test_a_unique_job_that_was_refused_stays_refused(store: JobStore):
    spec = await in_state(store, JobState.FAILED, unique_key="one")
    await added(store, unique_key="one")
    once = receipt()
    [first] = await store.replay([spec.id], by="ada", receipt=once)
    assert first.reason == "Another job with the same unique key waits or runs."
    assert await store.replay([spec.id], by="ada", receipt=once) == [first]


async def fail_again(store: JobStore, spec: JobSpec) -> None:
    found = await record(store, spec)
    run = await claimed(store, spec, epoch=found.epoch)
    await settled(store, ending(spec, run, JobState.FAILED, epoch=found.epoch))
