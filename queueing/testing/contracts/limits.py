"""Limits: who may start, who stands in a line, and who lets him out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from queueing.domain.job import JobRef, JobSpec
from queueing.domain.limits import Limit, Scope
from queueing.domain.ports import JobStore, Park, Run, Settled, Stale, Verdict
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import (
    QUEUE,
    TYPE,
    added,
    alive,
    claimed,
    ending,
    message,
    record,
    running,
    settled,
    state_of,
)
from queueing.testing.eventually import eventually

OF_TYPE, OF_QUEUE = Scope("type", TYPE), Scope("queue", QUEUE)
ONE = Limit(concurrent=1)


async def asked(store: JobStore, spec: JobSpec, *, worker: str = "ada", epoch: int | None = None) -> Verdict:
    """What a claim answers to the job's present message."""
    epoch = (await record(store, spec)).epoch if epoch is None else epoch
    [verdict] = await store.claim([message(spec, epoch=epoch)], worker=worker)
    return verdict


async def limited(store: JobStore, spec: JobSpec) -> Park:
    verdict = await asked(store, spec)
    assert isinstance(verdict, Park), verdict
    assert verdict.reason == "limited"
    return verdict


async def runs(store: JobStore, spec: JobSpec) -> Run:
    return await claimed(store, spec, epoch=(await record(store, spec)).epoch)


async def ended(store: JobStore, spec: JobSpec, run: Run, outcome: JobState = JobState.SUCCEEDED) -> Settled:
    return await settled(store, ending(spec, run, outcome, epoch=(await record(store, spec)).epoch))


async def in_order(store: JobStore, count: int) -> list[JobSpec]:
    """Jobs that are due in different milliseconds."""
    specs: list[JobSpec] = []
    for _ in range(count):
        await tick(store)
        specs.append(await added(store))
    return specs


async def tick(store: JobStore, seconds: float = 0.001) -> None:
    """By the store's clock."""
    until = store.clock.now() + timedelta(seconds=seconds)
    await eventually(lambda: store.clock.now() > until, interval=0.001)


async def in_line(store: JobStore, spec: JobSpec) -> str | None:
    return (await record(store, spec)).limited_by


@pytest.mark.parametrize("scope", [OF_TYPE, OF_QUEUE])
async def test_a_job_over_the_limit_waits_and_the_end_of_another_lets_it_out(store: JobStore, scope: Scope):
    await store.declare_limits({scope: ONE})
    first, run = await running(store)
    second = await added(store)
    wait = await limited(store, second)
    assert wait.delay > 60, "it must not come back and ask again and again"
    assert await in_line(store, second) == scope.kind
    answer = await ended(store, first, run)
    assert answer.released == (JobRef(second.id, 2),)
    assert await store.outbox_size() == 1, "its new message is not forgotten if nobody publishes it"
    assert await in_line(store, second) is None
    assert await asked(store, second, epoch=1) == Stale(), "the copy that waits on the ladder is of no use any more"
    assert isinstance(await asked(store, second), Run)


@pytest.mark.parametrize(
    "outcome", [JobState.SUCCEEDED, JobState.RETRYING, JobState.FAILED, JobState.CANCELLED, JobState.QUEUED]
)
async def test_every_outcome_lets_the_next_one_out(store: JobStore, outcome: JobState):
    await store.declare_limits({OF_TYPE: ONE})
    first, run = await running(store)
    second = await added(store)
    await limited(store, second)
    assert (await ended(store, first, run, outcome)).released == (JobRef(second.id, 2),)


async def test_never_more_than_the_limit_in_one_batch_of_claims(store: JobStore):
    await store.declare_limits({OF_TYPE: Limit(concurrent=3)})
    await alive(store)
    specs = [await added(store) for _ in range(10)]
    verdicts = await store.claim([message(spec) for spec in specs], worker="ada")
    assert [isinstance(verdict, Run) for verdict in verdicts] == [True] * 3 + [False] * 7


async def test_the_oldest_in_line_is_first_whoever_came_to_the_line_first(store: JobStore):
    await store.declare_limits({OF_TYPE: ONE})
    first, run = await running(store)
    older, younger = await in_order(store, 2)
    await limited(store, younger)
    await limited(store, older)
    assert await store.place_in_line(younger.id, OF_TYPE) == 1
    assert (await ended(store, first, run)).released == (JobRef(older.id, 2),)
    assert await store.place_in_line(younger.id, OF_TYPE) == 0
    assert await store.place_in_line(older.id, OF_TYPE) is None


async def test_a_newcomer_does_not_take_the_slot_of_one_whose_message_is_on_its_way(store: JobStore):
    await store.declare_limits({OF_TYPE: ONE})
    first, run = await running(store)
    second = await added(store)
    await limited(store, second)
    await ended(store, first, run)
    newcomer = await added(store)
    await limited(store, newcomer)
    assert isinstance(await asked(store, second), Run)


@pytest.mark.parametrize("act", ["cancel", "discard"])
async def test_a_job_that_is_called_off_leaves_the_line(store: JobStore, act: str):
    await store.declare_limits({OF_TYPE: ONE})
    first, run = await running(store)
    second, third = await in_order(store, 2)
    await limited(store, second)
    await limited(store, third)
    await store.cancel([second.id], by="ada")
    if act == "discard":
        await store.discard([second.id])
    assert await store.place_in_line(third.id, OF_TYPE) == 0
    assert (await ended(store, first, run)).released == (JobRef(third.id, 2),)


async def test_a_job_that_is_called_off_after_it_was_let_out_leaves_its_slot_to_the_next(store: JobStore):
    await store.declare_limits({OF_TYPE: ONE})
    first, run = await running(store)
    second, third = await in_order(store, 2)
    await limited(store, second)
    await limited(store, third)
    await ended(store, first, run)
    await store.cancel([second.id], by="ada")
    assert await store.let_out(limit=10) == [JobRef(third.id, 2)]
    assert await store.let_out(limit=10) == []


async def test_a_job_that_runs_again_by_hand_stands_in_line_like_any_other(store: JobStore):
    await store.declare_limits({OF_TYPE: ONE})
    first, run = await running(store)
    second = await added(store)
    await limited(store, second)
    await store.cancel([second.id], by="ada")
    await store.replay([second.id], by="ada")
    assert await in_line(store, second) is None
    await limited(store, second)
    assert (await ended(store, first, run)).released == (JobRef(second.id, (await record(store, second)).epoch),)


async def test_a_raised_limit_lets_the_next_ones_out(store: JobStore):
    await store.declare_limits({OF_TYPE: ONE})
    await running(store)
    waiting = await in_order(store, 4)
    for spec in waiting:
        await limited(store, spec)
    assert await store.let_out(limit=10) == []
    await store.declare_limits({OF_TYPE: Limit(concurrent=3)})
    assert {ref.id for ref in await store.let_out(limit=10)} == {spec.id for spec in waiting[:2]}


async def test_a_limit_that_goes_lets_everybody_out(store: JobStore):
    await store.declare_limits({OF_TYPE: ONE})
    await running(store)
    waiting = await in_order(store, 4)
    for spec in waiting:
        await limited(store, spec)
    await store.declare_limits({OF_TYPE: None})
    assert await store.limits() == {}
    assert len(await store.let_out(limit=3)) == 3
    assert len(await store.let_out(limit=3)) == 1
    for spec in waiting:
        assert isinstance(await asked(store, spec), Run)


async def test_a_dead_workers_job_holds_its_slot_until_it_is_claimed_anew(store: JobStore):
    await store.declare_limits({OF_TYPE: ONE})
    first, _ = await running(store, worker="ghost")
    await store.forget_worker("ghost")
    await alive(store)
    second = await added(store)
    await limited(store, second)
    run = await runs(store, first)
    assert run.attempt == 2
    assert (await ended(store, first, run)).released == (JobRef(second.id, 2),)


async def test_a_rescued_job_gives_its_slot_to_the_line(store: JobStore):
    await store.declare_limits({OF_TYPE: ONE})
    first, _ = await running(store, worker="ghost")
    second = await added(store)
    await alive(store)
    await limited(store, second)
    await store.forget_worker("ghost")

    async def rescued() -> bool:
        return bool(await store.rescue(older_than=0, limit=10))

    await eventually(rescued)
    assert await store.let_out(limit=10) == [JobRef(second.id, 2)]
    await limited(store, first)


async def test_with_limits_of_type_and_queue_both_hold(store: JobStore):
    await store.declare_limits({OF_TYPE: ONE, OF_QUEUE: Limit(concurrent=2)})
    letter, letter_run = await running(store)
    parcel, parcel_run = await running(store, type="send_parcel")
    next_letter, next_parcel = await added(store), await added(store, type="send_parcel")
    await limited(store, next_letter)
    await limited(store, next_parcel)
    assert [await in_line(store, spec) for spec in (next_letter, next_parcel)] == ["type", "queue"]
    # The letter's slot of the type falls free, and with it one of the queue, for which the parcel stands in line.
    released = (await ended(store, letter, letter_run)).released
    assert len(released) == 1
    released += (await ended(store, parcel, parcel_run)).released
    assert {ref.id for ref in released} == {next_letter.id, next_parcel.id}


async def test_the_same_settlement_again_lets_nobody_out_twice(store: JobStore):
    await store.declare_limits({OF_TYPE: ONE})
    first, run = await running(store)
    for _ in range(2):
        await limited(store, await added(store))
    settlement = ending(first, run)
    [once] = await store.settle([settlement])
    [twice] = await store.settle([settlement])
    assert once and twice
    assert len(once.released) == 1 and twice.released == ()


async def test_a_job_in_line_whose_time_runs_out_is_failed(store: JobStore):
    await store.declare_limits({OF_TYPE: ONE})
    first, run = await running(store)
    soon = (await store.now()) + timedelta(seconds=0.15)  # type: ignore[attr-defined]
    brief = await added(store, expires_at=soon)
    await limited(store, brief)
    await tick(store, 0.15)
    await ended(store, first, run)
    await asked(store, brief)
    assert await state_of(store, brief) is JobState.FAILED
    assert (await ended_grants(store)) is True


async def ended_grants(store: JobStore) -> bool:
    """Nothing holds the slot: another job starts at once."""
    return isinstance(await asked(store, await added(store)), Run)


# Rates


async def test_jobs_over_the_rate_get_turns_that_are_evenly_spaced(store: JobStore):
    await store.declare_limits({OF_TYPE: Limit(rate=10, per=1)})
    await alive(store)
    specs = await in_order(store, 6)
    verdicts = await store.claim([message(spec) for spec in specs], worker="ada")
    assert isinstance(verdicts[0], Run)
    waits = [verdict.delay for verdict in verdicts[1:] if isinstance(verdict, Park)]
    assert waits == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5], abs=0.02)
    turn = (await record(store, specs[1])).turn_at
    assert turn is not None


async def test_a_turn_is_taken_without_asking_again(store: JobStore):
    await store.declare_limits({OF_TYPE: Limit(rate=10, per=1)})
    await alive(store)
    first, second = await added(store), await added(store)
    assert isinstance(await asked(store, first), Run)
    await limited(store, second)

    async def started() -> bool:
        return isinstance(await asked(store, second), Run)

    await eventually(started, timeout=1)
    row = await record(store, second)
    assert row.epoch == 1 and row.turn_at is None, "the message that was parked is the one that runs"


async def test_a_burst_starts_at_once_and_then_the_rate_holds(store: JobStore):
    await store.declare_limits({OF_QUEUE: Limit(rate=10, per=10, burst=4)})
    await alive(store)
    specs = await in_order(store, 6)
    verdicts = await store.claim([message(spec) for spec in specs], worker="ada")
    assert [isinstance(verdict, Run) for verdict in verdicts] == [True] * 4 + [False] * 2


async def test_turns_are_given_two_seconds_ahead_and_the_rest_stands_in_line(store: JobStore):
    await store.declare_limits({OF_TYPE: Limit(rate=1, per=1)})
    await alive(store)
    specs = await in_order(store, 6)
    verdicts = await store.claim([message(spec) for spec in specs], worker="ada")
    delays = [verdict.delay for verdict in verdicts if isinstance(verdict, Park)]
    assert delays[:2] == pytest.approx([1, 2], abs=0.1) and min(delays[2:]) > 60
    assert await store.let_out(limit=10) == [], "its turn is too far off"
    await store.cancel([spec.id for spec in specs[3:5]], by="ada")

    async def next_one() -> list[JobRef]:
        return await store.let_out(limit=10)

    # The turns of those that were called off are not lost: the next in line has the first of them.
    assert await eventually(next_one, timeout=3) == [JobRef(specs[5].id, 2)]
    turns = [(await record(store, specs[n])).turn_at for n in (2, 5)]
    assert (turns[1] - turns[0]).total_seconds() == pytest.approx(1, abs=0.01)  # type: ignore[operator]


async def test_nobody_overtakes_those_in_line_for_a_turn(store: JobStore):
    await store.declare_limits({OF_TYPE: Limit(rate=1, per=1)})
    await alive(store)
    specs = await in_order(store, 4)
    await store.claim([message(spec) for spec in specs], worker="ada")
    await tick(store, 1.1)  # the next turn comes within reach
    newcomer = await added(store)
    assert (await limited(store, newcomer)).delay > 60
    assert await store.let_out(limit=10) == [JobRef(specs[3].id, 2)]


async def test_a_raised_rate_counts_at_once(store: JobStore):
    await store.declare_limits({OF_TYPE: Limit(rate=1, per=3600)})
    await alive(store)
    specs = [await added(store) for _ in range(3)]
    assert isinstance(await asked(store, specs[0]), Run)
    await limited(store, specs[1])
    await limited(store, specs[2])
    await store.declare_limits({OF_TYPE: Limit(rate=1000, per=1)})
    assert len(await store.let_out(limit=10)) == 2


async def test_a_job_that_waits_for_a_slot_uses_up_no_turn(store: JobStore):
    await store.declare_limits({OF_TYPE: Limit(concurrent=1, rate=1, per=3600, burst=2)})
    first, run = await running(store)
    second = await added(store)
    await limited(store, second)
    await store.cancel([second.id], by="ada")
    await ended(store, first, run)
    # The second turn of the burst is still there.
    assert isinstance(await asked(store, await added(store)), Run)


async def test_a_slow_type_does_not_hold_up_the_rate_of_its_queue(store: JobStore):
    await store.declare_limits({OF_TYPE: Limit(rate=1, per=1), OF_QUEUE: Limit(rate=100, per=1)})
    await alive(store)
    for spec in [await added(store) for _ in range(3)]:
        await asked(store, spec)
    others = [await added(store, type="send_parcel") for _ in range(5)]
    verdicts = await store.claim([message(spec) for spec in others], worker="ada")
    waits = [verdict.delay if isinstance(verdict, Park) else 0 for verdict in verdicts]
    assert max(waits) < 0.2


# Declaring


async def test_the_last_who_starts_wins_and_who_declares_again_overrules_nobody(store: JobStore):
    old = await store.declare_limits({OF_TYPE: ONE, OF_QUEUE: ONE})
    await tick(store)
    await store.declare_limits({OF_TYPE: Limit(concurrent=7), OF_QUEUE: None})
    await store.declare_limits({OF_TYPE: ONE, OF_QUEUE: ONE}, since=old)
    assert await store.limits() == {OF_TYPE: Limit(concurrent=7)}


async def test_limits_that_were_lost_are_declared_again(store: JobStore):
    limit = Limit(concurrent=2, rate=100, per=60, burst=5)
    since = (await store.declare_limits({OF_TYPE: limit})) - timedelta(hours=1)
    await store.declare_limits({Scope("type", "other"): limit}, since=since)
    assert await store.limits() == {OF_TYPE: limit, Scope("type", "other"): limit}


async def test_a_fixed_limit_holds_whatever_is_declared_until_it_is_freed(store: JobStore):
    since = await store.declare_limits({OF_TYPE: Limit(concurrent=5)})
    await store.fix_limit(OF_TYPE, ONE, by="mira")
    await store.declare_limits({OF_TYPE: Limit(concurrent=5)}, since=since)
    await store.declare_limits({OF_TYPE: Limit(concurrent=7)})
    assert await store.limits() == {OF_TYPE: ONE}
    assert await store.fixed_limits() == {OF_TYPE: "mira"}
    await store.free_limit(OF_TYPE)
    await store.declare_limits({OF_TYPE: Limit(concurrent=5)}, since=since)
    assert await store.limits() == {OF_TYPE: Limit(concurrent=5)}
    assert await store.fixed_limits() == {}


async def test_a_limit_may_be_fixed_to_none(store: JobStore):
    since = await store.declare_limits({OF_QUEUE: ONE})
    await store.fix_limit(OF_QUEUE, None, by="mira")
    await store.declare_limits({OF_QUEUE: ONE}, since=since)
    assert await store.limits() == {}
    assert await store.fixed_limits() == {OF_QUEUE: "mira"}
    await alive(store)
    for spec in await in_order(store, 2):
        await runs(store, spec)


async def test_a_fixed_limit_stops_jobs_and_those_are_let_out_once_it_is_freed(store: JobStore):
    await store.fix_limit(OF_TYPE, ONE, by="mira")
    await alive(store)
    first, second = await in_order(store, 2)
    await runs(store, first)
    await limited(store, second)
    await store.free_limit(OF_TYPE)
    [ref] = await store.let_out(limit=10)
    assert ref.id == second.id
