"""A unique key: while its job waits or runs, or for a time, ``add`` gives the job that has it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from queueing.domain.job import JobRef, JobSpec
from queueing.domain.ports import Added, JobStore, Park, Run
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import (
    added,
    alive,
    claimed,
    ending,
    in_state,
    job,
    message,
    running,
    settled,
    state_of,
)
from queueing.testing.contracts.others import MakeAnother, SetClock, opened
from queueing.testing.eventually import eventually

KEY = "report"


async def holder(store: JobStore, **options: float) -> Added:
    """What an add with the key gives. A job that it makes holds the key for no time."""
    [answer] = await store.add([job(unique_key=KEY, **({"unique_for": 0.0} | options))])
    return answer


async def test_a_unique_key_is_held_while_the_job_waits(store: JobStore):
    first = await added(store, unique_key="report")
    [again] = await store.add([job(unique_key="report")])
    assert (again.existing, again.ref.id) == (True, first.id)


@pytest.mark.parametrize("key", ["report", "r" * 256, "ü" * 128])
async def test_a_unique_key_of_any_length_is_held_while_the_job_runs_and_free_when_it_ends(store: JobStore, key: str):
    spec, run = await running(store, unique_key=key)
    [while_it_runs] = await store.add([job(unique_key=key)])
    await settled(store, ending(spec, run))
    [after] = await store.add([job(unique_key=key)])
    assert (while_it_runs.existing, after.existing) == (True, False)


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED, JobState.SUCCEEDED])
async def test_however_a_job_ends_its_unique_key_is_free(store: JobStore, state: JobState):
    await in_state(store, state, unique_key="report")
    [after] = await store.add([job(unique_key="report")])
    assert not after.existing


async def test_a_retrying_job_still_holds_its_unique_key(store: JobStore):
    spec = await in_state(store, JobState.RETRYING, unique_key="report")
    [again] = await store.add([job(unique_key="report")])
    assert (again.ref.id, again.state) == (spec.id, JobState.RETRYING)


async def test_cancelling_a_waiting_job_frees_its_unique_key(store: JobStore):
    spec = await added(store, unique_key="report")
    await store.cancel([spec.id], by="ada")
    [after] = await store.add([job(unique_key="report")])
    assert not after.existing


async def test_unique_for_holds_the_key_past_the_end_of_the_job_and_then_no_longer(store: JobStore):
    spec, run = await running(store, unique_key="report", unique_for=0.5)
    await settled(store, ending(spec, run))
    [while_it_is_held] = await store.add([job(unique_key="report", unique_for=0.5)])
    assert (while_it_is_held.existing, while_it_is_held.state) == (True, JobState.SUCCEEDED)

    async def free() -> bool:
        [answer] = await store.add([job(unique_key="report")])
        return not answer.existing

    await eventually(free)


async def test_a_key_whose_job_was_discarded_is_free(store: JobStore):
    spec, run = await running(store, unique_key="report", unique_for=60.0)
    await settled(store, ending(spec, run))
    await store.discard([spec.id])
    [after] = await store.add([job(unique_key="report")])
    assert not after.existing


async def test_of_two_adds_with_one_unique_key_at_once_one_wins(store: JobStore):
    answers = await asyncio.gather(*(store.add([job(unique_key="report")]) for _ in range(8)))
    assert sorted(answer.existing for [answer] in answers) == [False] + [True] * 7
    assert len({answer.ref.id for [answer] in answers}) == 1


async def test_of_many_adds_by_several_processes_with_few_keys_each_key_has_one_job(
    store: JobStore, make_another: MakeAnother
):
    stores = [store, await opened(make_another), await opened(make_another)]
    specs = [job(unique_key=f"report-{number % 4}") for number in range(60)]
    answers = await asyncio.gather(*(stores[number % 3].add([spec]) for number, spec in enumerate(specs)))
    assert sum(not answer.existing for [answer] in answers) == 4
    for number in range(4):
        assert len({answer.ref.id for [answer] in answers[number::4]}) == 1


async def test_an_add_while_the_job_ends_gives_that_job_or_a_new_one_that_holds_the_key(store: JobStore):
    for _ in range(20):
        spec, run = await running(store, unique_key=KEY)
        adds = [store.add([job(unique_key=KEY)]) for _ in range(4)]
        _, *answers = await asyncio.gather(store.settle([ending(spec, run)]), *adds)
        new = {answer.ref.id for [answer] in answers} - {spec.id}
        assert len(new) <= 1
        last = await holder(store)
        assert {last.ref.id} == new or not last.existing
        await store.cancel([last.ref.id], by="mira")


# Longer than the record


async def trimmed(store: JobStore, state: JobState = JobState.SUCCEEDED, **options: float) -> JobSpec:
    spec = await in_state(store, state, unique_key=KEY, retention=0.0, **options)
    await eventually(lambda: store.trim(limit=10))
    assert await store.get(spec.id) is None
    return spec


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED])
async def test_unique_for_holds_the_key_though_the_record_is_gone(store: JobStore, state: JobState):
    spec = await trimmed(store, state, unique_for=60.0)
    answer = await holder(store)
    assert (answer.existing, answer.ref.id, answer.state) == (True, spec.id, state)


async def test_the_same_id_is_no_new_job_while_its_own_key_is_held(store: JobStore):
    spec = await trimmed(store, unique_for=60.0)
    [answer] = await store.add([spec])
    assert (answer.existing, answer.ref.id) == (True, spec.id)


async def test_the_key_is_free_when_its_time_ends_after_the_record(store: JobStore):
    await trimmed(store, unique_for=0.3)

    async def free() -> bool:
        return not (await holder(store)).existing

    await eventually(free)


async def test_a_key_that_was_held_until_the_end_is_free_though_the_record_is_gone(store: JobStore):
    await trimmed(store)
    assert not (await holder(store)).existing


async def test_a_tombstone_does_not_make_an_id_unique(store: JobStore):
    spec = await trimmed(store, JobState.FAILED)
    [answer] = await store.add([spec])
    assert (answer.existing, answer.ref) == (False, JobRef(spec.id, 3))


# Replay


async def test_a_replayed_job_holds_its_unique_key_again(store: JobStore):
    spec = await in_state(store, JobState.SUCCEEDED, unique_key="report")
    await store.replay([spec.id], by="ada")
    [answer] = await store.add([job(unique_key="report")])
    assert answer.ref.id == spec.id


async def test_a_job_is_not_replayed_while_another_holds_its_unique_key(store: JobStore):
    spec = await in_state(store, JobState.SUCCEEDED, unique_key="report")
    await added(store, unique_key="report")
    [changed] = await store.replay([spec.id], by="ada")
    assert (changed.done, changed.state) == (False, JobState.SUCCEEDED)
    assert "unique key" in changed.reason


async def test_a_job_that_was_unique_for_a_time_is_replayed_beside_another(store: JobStore):
    spec = await in_state(store, JobState.SUCCEEDED, unique_key=KEY, unique_for=0.0)
    other = await added(store, unique_key=KEY)
    [changed] = await store.replay([spec.id], by="mira")
    assert changed.done
    assert (await holder(store)).ref.id == other.id


async def test_of_two_finished_jobs_with_one_key_one_is_replayed(store: JobStore):
    specs = [await in_state(store, JobState.FAILED, unique_key=KEY) for _ in range(2)]
    answers = await asyncio.gather(*(store.replay([spec.id], by="mira") for spec in specs))
    assert sorted(changed.done for [changed] in answers) == [False, True]
    replayed = next(spec for spec, [changed] in zip(specs, answers, strict=True) if changed.done)
    assert (await holder(store)).ref.id == replayed.id


async def test_a_replayed_job_gives_its_key_back_when_it_ends(store: JobStore):
    spec = await in_state(store, JobState.FAILED, unique_key=KEY)
    await store.replay([spec.id], by="mira")
    await settled(store, ending(spec, await claimed(store, spec, epoch=3), epoch=3))
    assert not (await holder(store)).existing


# A store that has lost its records


async def test_a_rebuilt_record_holds_its_unique_key(store: JobStore):
    await alive(store)
    spec = job(unique_key="report")
    await claimed(store, spec)
    [answer] = await store.add([job(unique_key="report")])
    assert answer.ref.id == spec.id


async def rebuilt(store: JobStore, *, age: float = 0.0, **options: float) -> JobSpec:
    """A job whose record is lost, and which is running again; made ``age`` seconds ago."""
    await alive(store)
    spec = job(unique_key=KEY, **options)
    spec = msgspec.structs.replace(spec, created_at=datetime.now(UTC) - timedelta(seconds=age))
    await claimed(store, spec)
    return spec


async def test_a_rebuilt_record_holds_its_key_for_the_rest_of_its_time(store: JobStore):
    spec = await rebuilt(store, age=58.0, unique_for=60.0)
    assert (await holder(store)).ref.id == spec.id

    async def free() -> bool:
        return not (await holder(store)).existing

    await eventually(free)
    assert await state_of(store, spec) is JobState.RUNNING


async def test_a_rebuilt_record_does_not_hold_a_key_whose_time_is_over(store: JobStore):
    await rebuilt(store, age=61.0, unique_for=60.0)
    assert not (await holder(store)).existing


@pytest.mark.parametrize("ahead", [3600, -3600])
async def test_the_time_of_a_rebuilt_record_goes_by_the_stores_clock(
    store: JobStore, clock_ahead: SetClock, ahead: int
):
    await clock_ahead(ahead)
    spec = await rebuilt(store, age=-ahead, unique_for=60.0)
    assert (await holder(store)).ref.id == spec.id


async def test_no_key_is_held_longer_than_its_time_whenever_the_message_says_that_the_job_was_made(store: JobStore):
    await rebuilt(store, age=-3600.0, unique_for=0.3)

    async def free() -> bool:
        return not (await holder(store)).existing

    await eventually(free)


async def test_a_key_that_another_job_took_meanwhile_is_its_own(store: JobStore):
    other = await added(store, unique_key=KEY)
    spec = await rebuilt(store)
    assert (await holder(store)).ref.id == other.id
    [run] = [row.id for row in await store.summaries([spec.id]) if row and row.state is JobState.RUNNING]
    assert run == spec.id, "it was accepted, and so it runs"


async def test_a_rebuilt_job_that_found_its_key_taken_leaves_it_alone_when_it_ends(store: JobStore):
    other = await added(store, unique_key=KEY)
    await alive(store)
    spec = job(unique_key=KEY)
    await settled(store, ending(spec, await claimed(store, spec)))
    assert (await holder(store)).ref.id == other.id
    [changed] = await store.replay([spec.id], by="mira")
    assert not changed.done
    await store.cancel([other.id], by="mira")
    [changed] = await store.replay([spec.id], by="mira")
    assert changed.done
    assert (await holder(store)).ref.id == spec.id


async def test_of_two_lost_jobs_with_one_key_the_first_to_be_rebuilt_holds_it_and_both_run(store: JobStore):
    await alive(store)
    first, second = job(unique_key=KEY), job(unique_key=KEY)
    verdicts = await store.claim([message(first), message(second)], worker="ada")
    assert [type(verdict) for verdict in verdicts] == [Run, Run]
    assert (await holder(store)).ref.id == first.id


# A store that came back from an older state of itself: the message is of a later life


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.SUCCEEDED])
async def test_a_finished_job_whose_replay_was_forgotten_holds_its_key_again(store: JobStore, state: JobState):
    spec = await in_state(store, state, unique_key=KEY)
    await claimed(store, spec, epoch=5)
    assert (await holder(store)).ref.id == spec.id


async def test_a_forgotten_replay_runs_beside_the_job_that_has_its_key_now(store: JobStore):
    spec = await in_state(store, JobState.FAILED, unique_key=KEY)
    other = await added(store, unique_key=KEY)
    run = await claimed(store, spec, epoch=5)
    await settled(store, ending(spec, run, epoch=5))
    assert (await holder(store)).ref.id == other.id


async def test_a_job_that_waits_still_has_its_key_when_a_later_life_is_taken_up(store: JobStore):
    spec = await added(store, unique_key=KEY)
    await alive(store)
    [verdict] = await store.claim([message(spec, epoch=4)], worker="ada")
    assert not isinstance(verdict, Park)
    assert (await holder(store)).ref.id == spec.id
