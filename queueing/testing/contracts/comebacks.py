"""A job that fails in the same way after each replay is known as such, so that nobody sends it round for ever."""

from __future__ import annotations

from queueing.domain.conditions import Measured
from queueing.domain.job import ErrorInfo, JobRef, JobSpec
from queueing.domain.ports import JobStore
from queueing.domain.reading import JobFilter
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import alive, attempt, claimed, ending, in_state, record, running, settled

BUSY = ErrorInfo(kind="shop.Busy", message="421 too busy")
GONE = ErrorInfo(kind="shop.Gone", message="410 gone")


async def fails(store: JobStore, spec: JobSpec, error: ErrorInfo = BUSY) -> None:
    """It is taken, and its attempt fails for good."""
    epoch = (await record(store, spec)).epoch
    run = await claimed(store, spec, epoch=epoch)
    failed = attempt(run, JobState.FAILED, error, epoch=epoch)
    await settled(store, ending(spec, run, JobState.FAILED, epoch=epoch, attempt=failed))


async def failed(store: JobStore, *, times: int = 1) -> JobSpec:
    """A job that has failed as often as that, with a replay before each but the first."""
    await alive(store)
    spec = await in_state(store, JobState.QUEUED)
    await fails(store, spec)
    for _ in range(times - 1):
        await store.replay([spec.id], by="ada")
        await fails(store, spec)
    return spec


async def comebacks(store: JobStore, spec: JobSpec) -> int:
    [row] = await store.summaries([spec.id])
    assert row is not None
    assert row.comebacks == (await record(store, spec)).comebacks
    return row.comebacks


async def test_a_first_failure_is_no_comeback(store: JobStore):
    assert await comebacks(store, await failed(store)) == 0


async def test_each_replay_that_fails_in_the_same_way_is_one(store: JobStore):
    assert await comebacks(store, await failed(store, times=4)) == 3


async def test_another_error_starts_the_count_anew(store: JobStore):
    spec = await failed(store, times=3)
    await store.replay([spec.id], by="ada")
    await fails(store, spec, GONE)
    assert await comebacks(store, spec) == 0
    await store.replay([spec.id], by="ada")
    await fails(store, spec, GONE)
    assert await comebacks(store, spec) == 1


async def test_attempts_within_one_life_do_not_count(store: JobStore):
    spec, run = await running(store, max_attempts=2)
    again = attempt(run, JobState.RETRYING, BUSY)
    await settled(store, ending(spec, run, JobState.RETRYING, attempt=again))
    await store.hasten([spec.id], by="ada")
    await fails(store, spec)
    assert await comebacks(store, spec) == 0


async def test_after_a_success_nothing_is_held_against_it(store: JobStore):
    spec = await failed(store, times=3)
    await store.replay([spec.id], by="ada")
    run = await claimed(store, spec, epoch=(await record(store, spec)).epoch)
    await settled(store, ending(spec, run, epoch=(await record(store, spec)).epoch))
    assert await comebacks(store, spec) == 0
    await store.replay([spec.id], by="ada")
    await fails(store, spec)
    assert await comebacks(store, spec) == 0


async def test_one_that_is_lost_with_its_worker_again_has_come_back(store: JobStore):
    await alive(store)
    spec = await in_state(store, JobState.QUEUED, max_attempts=1)
    for ghost in ("one", "two"):
        await alive(store, ghost)
        await claimed(store, spec, worker=ghost, epoch=(await record(store, spec)).epoch)
        await store.forget_worker(ghost)
        [ref] = await store.rescue(older_than=0, limit=10)
        assert ref.id == spec.id
        last = await comebacks(store, spec)
        await store.replay([spec.id], by="ada")
    assert last == 1


async def test_a_replay_may_refuse_those_that_came_back_too_often(store: JobStore):
    once, often = await failed(store), await failed(store, times=3)
    epoch = (await record(store, often)).epoch
    first, second = await store.replay([once.id, often.id], by="ada", comebacks=2)
    assert (first.done, second.done, second.ref) == (True, False, JobRef(often.id, epoch))
    assert "came back in the same way" in second.reason
    assert (await record(store, often)).state is JobState.FAILED
    [third] = await store.replay([often.id], by="ada", comebacks=3)
    assert third.done


async def test_they_can_be_listed(store: JobStore):
    await failed(store)
    often = await failed(store, times=3)
    wanted = JobFilter(states=(JobState.FAILED,), where=(Measured(field="comebacks", sign=">=", value=2),))
    page = await store.page(wanted, cursor=None, limit=10)
    assert [job.id for job in page.rows] == [often.id]


async def test_the_headers_of_a_foreign_message_are_kept_with_its_error(store: JobStore):
    headers = {"x-death": [{"queue": "post", "reason": "expired", "count": 2}], "trace": "a1"}
    await alive(store)
    spec = await in_state(store, JobState.QUEUED)
    await fails(store, spec, ErrorInfo(kind="DeadLettered", message="expired", headers=headers))
    found = await record(store, spec)
    assert found.error is not None
    assert found.error.headers == headers
