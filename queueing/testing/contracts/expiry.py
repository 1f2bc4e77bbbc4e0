"""A job that has not begun by its time is failed, whether anybody asks for it or not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from queueing.domain.job import JobRef
from queueing.domain.limits import Limit, Scope
from queueing.domain.ports import Buried, JobStore, Park, Stale
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import (
    TYPE,
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
)
from queueing.testing.contracts.others import SetClock

HOUR = 3600.0


def soon(seconds: float = HOUR / 2) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def expired(store: JobStore, clock_ahead: SetClock) -> list[JobRef]:
    """Those of an hour later."""
    await clock_ahead(HOUR)
    return await store.expire(limit=10)


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.SCHEDULED, JobState.RETRYING])
async def test_a_job_that_waits_past_its_time_is_failed_though_nobody_asks_for_it(
    store: JobStore, clock_ahead: SetClock, state: JobState
):
    spec = await in_state(store, state, expires_at=soon())
    [before] = await store.summaries([spec.id])
    assert before is not None
    assert await expired(store, clock_ahead) == [JobRef(spec.id, before.epoch + 1)]
    found = await record(store, spec)
    assert (found.state, found.error_kind, found.attempt) == (JobState.FAILED, "Expired", before.attempt)
    assert found.finished_at is not None
    assert found.unconfirmed, "its dead letter is to be sent"
    assert await index_of(store, spec) == {JobState.FAILED: 1}
    assert await store.claim([message(spec, epoch=before.epoch)], worker="ada") == [Stale()]
    assert await store.expire(limit=10) == []


async def test_jobs_whose_time_has_not_come_wait_on(store: JobStore, clock_ahead: SetClock):
    kept, late = await added(store, expires_at=soon(2 * HOUR)), await added(store, expires_at=soon())
    await added(store)
    assert await expired(store, clock_ahead) == [JobRef(late.id, 2)]
    assert await state_of(store, kept) is JobState.QUEUED


async def test_a_job_that_began_in_time_may_go_on_and_end(store: JobStore, clock_ahead: SetClock):
    spec, run = await running(store, expires_at=soon())
    assert await expired(store, clock_ahead) == []
    await settled(store, ending(spec, run))
    assert await state_of(store, spec) is JobState.SUCCEEDED
    assert await store.expire(limit=10) == []


@pytest.mark.parametrize("outcome", [JobState.RETRYING, JobState.QUEUED])
async def test_a_job_that_is_to_begin_again_past_its_time_is_failed(
    store: JobStore, clock_ahead: SetClock, outcome: JobState
):
    spec, run = await running(store, expires_at=soon())
    await clock_ahead(HOUR)
    await settled(store, ending(spec, run, outcome, delay=3 * HOUR if outcome is JobState.RETRYING else 0.0))
    assert await store.expire(limit=10) == [JobRef(spec.id, 3)]


async def test_a_job_of_a_dead_worker_is_not_run_again_past_its_time(store: JobStore, clock_ahead: SetClock):
    spec, _ = await running(store, worker="bob", expires_at=soon())
    await store.forget_worker("bob")
    assert await store.rescue(older_than=0, limit=10) == [JobRef(spec.id, 2)]
    assert await expired(store, clock_ahead) == [JobRef(spec.id, 3)]


async def test_expiry_does_at_most_its_limit(store: JobStore):
    await store.add([job(expires_at=soon(-1)) for _ in range(250)])
    counts = [len(await store.expire(limit=limit)) for limit in (3, 220, 100, 100)]
    assert counts == [3, 220, 27, 0]


async def test_those_whose_time_was_first_go_first(store: JobStore):
    specs = [await added(store, expires_at=soon(-10 + number)) for number in (3, 1, 2)]
    assert [ref.id for ref in await store.expire(limit=2)] == [specs[1].id, specs[2].id]


async def test_a_claim_and_the_leader_at_once_fail_it_once(store: JobStore):
    await alive(store)
    specs = [await added(store, expires_at=soon(-1)) for _ in range(20)]
    claims = [store.claim([message(spec)], worker="ada") for spec in specs]
    refs, *answers = await asyncio.gather(store.expire(limit=20), *claims)
    buried = [spec for spec, [verdict] in zip(specs, answers, strict=True) if isinstance(verdict, Buried)]
    assert all(isinstance(verdict, Buried | Stale) for [verdict] in answers)
    assert sorted([ref.id for ref in refs] + [spec.id for spec in buried]) == sorted(spec.id for spec in specs)
    assert {(await record(store, spec)).epoch for spec in specs} == {2}


async def test_a_record_that_is_rebuilt_has_its_expiry_again(store: JobStore, clock_ahead: SetClock):
    spec = job(expires_at=soon())
    [verdict] = await store.claim([message(spec, epoch=3, not_before=soon(3 * HOUR))], worker="ada")
    assert isinstance(verdict, Park)
    assert await expired(store, clock_ahead) == [JobRef(spec.id, 4)]


@pytest.mark.parametrize("act", ["cancel", "hasten"])
async def test_what_operators_do_to_a_job_with_an_expiry_minds_it(store: JobStore, clock_ahead: SetClock, act: str):
    spec = await added(store, delay=3 * HOUR, expires_at=soon())
    [changed] = await getattr(store, act)([spec.id], by="mira")
    assert changed.done
    assert await expired(store, clock_ahead) == ([] if act == "cancel" else [JobRef(spec.id, 3)])


async def test_an_expired_job_that_is_replayed_runs_as_whoever_asked_for_it_knows_how_late_it_is(
    store: JobStore, clock_ahead: SetClock
):
    await alive(store)
    spec = await added(store, expires_at=soon(-1))
    await expired(store, clock_ahead)
    [changed] = await store.replay([spec.id], by="mira")
    assert changed.done
    assert await store.expire(limit=10) == []
    await claimed(store, spec, epoch=3)


async def test_a_failed_job_that_is_replayed_in_time_keeps_its_expiry(store: JobStore, clock_ahead: SetClock):
    spec = await in_state(store, JobState.FAILED, expires_at=soon())
    [changed] = await store.replay([spec.id], by="mira")
    assert changed.done
    assert await expired(store, clock_ahead) == [JobRef(spec.id, 4)]


async def test_a_job_that_stands_in_a_line_gives_up_its_place(store: JobStore, clock_ahead: SetClock):
    of_type = Scope("type", TYPE)
    await store.declare_limits({of_type: Limit(concurrent=1)})
    first, run = await running(store)
    brief, patient = await added(store, expires_at=soon()), await added(store)
    for spec in (brief, patient):
        [verdict] = await store.claim([message(spec)], worker="ada")
        assert isinstance(verdict, Park) and verdict.reason == "limited"
    assert await expired(store, clock_ahead) == [JobRef(brief.id, 2)]
    assert await store.place_in_line(patient.id, of_type) == 0
    assert (await settled(store, ending(first, run))).released == (JobRef(patient.id, 2),)


# The store's clock, and no other


async def test_a_job_expires_by_a_store_that_is_an_hour_ahead(store: JobStore, clock_ahead: SetClock):
    await clock_ahead(HOUR)
    spec, asked = await added(store, expires_at=soon(0.5 * HOUR)), await added(store, expires_at=soon(0.6 * HOUR))
    [verdict] = await store.claim([message(asked)], worker="ada")
    assert isinstance(verdict, Buried)
    assert await store.expire(limit=10) == [JobRef(spec.id, 2)]


async def test_a_job_does_not_expire_by_a_host_that_is_an_hour_ahead(store: JobStore, clock_ahead: SetClock):
    await clock_ahead(-HOUR)
    await alive(store)
    spec = await added(store, expires_at=soon(-0.5 * HOUR))
    assert await store.expire(limit=10) == []
    await claimed(store, spec)
