"""Schedules: who declares them, when they come due, and that a tick is fired once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from queueing.domain.ports import Added, JobStore
from queueing.domain.schedules import CatchUp, Due, Overlap, Pass, Schedule, cron, every, job_id, pass_over
from queueing.domain.states import JobState
from queueing.domain.timing import Timing
from queueing.testing.contracts.jobs import QUEUE, TYPE, alive, claimed, ending, settled
from queueing.testing.contracts.others import MakeAnother, opened
from queueing.testing.eventually import eventually

NAME = "nightly"
LEASE = 300.0
DAILY = cron("0 3 * * *", tz="Europe/Berlin").timing
HOURLY = every(3600).timing


def schedule(name: str = NAME, timing: Timing = HOURLY, **changes: object) -> Schedule:
    given = {"name": name, "type": TYPE, "queue": QUEUE, "timing": timing, "payload": b'{"to":"ada"}'}
    return Schedule(**(given | changes))  # type: ignore[arg-type]


async def the_next_millisecond(store: JobStore) -> None:
    """Declarations are dated to the millisecond, and the later one wins."""
    before = (await store.declare_schedules([], source="console")).at

    async def is_over() -> bool:
        return (await store.declare_schedules([], source="console")).at > before

    await eventually(is_over)


async def due_at(store: JobStore, name: str = NAME) -> datetime:
    found = await store.schedule(name, firings=0)
    assert found is not None
    return found.due_at


async def overdue(store: JobStore, wanted: Schedule | None = None, *, by: timedelta = timedelta(hours=3)) -> Due:
    """A schedule whose time came a while ago; ``by`` is rounded to its tick before."""
    wanted = wanted or schedule()
    await store.declare_schedules([wanted], source=wanted.source)
    return await made_due(store, wanted.name, by=by)


async def made_due(store: JobStore, name: str = NAME, *, by: timedelta = timedelta(hours=3)) -> Due:
    now = datetime.now(UTC)
    past = (now - by).replace(minute=0, second=0, microsecond=0)
    await store.pause_schedule(name, paused=True, by="tests")
    await store.pause_schedule(name, paused=False, by="tests", next_at=past)
    [due] = [due for due in await store.due_schedules(limit=10, lease=LEASE) if due.schedule.name == name]
    return due


async def fired(store: JobStore, due: Due) -> list[Added]:
    answer = await store.fire(due, pass_over(due))
    assert answer is not None
    return answer


async def test_a_schedule_comes_due_at_its_next_tick(store: JobStore) -> None:
    await store.declare_schedules([schedule()], source="code")
    now = datetime.now(UTC)
    assert now < await due_at(store) <= now + timedelta(hours=1)
    assert await store.due_schedules(limit=10, lease=LEASE) == []


async def test_a_restart_keeps_when_it_comes_due(store: JobStore) -> None:
    due = await overdue(store)
    await store.declare_schedules([schedule(queue="other")], source="code")
    [again] = await store.due_schedules(limit=10, lease=LEASE)
    assert again.due_at == due.due_at
    assert again.schedule.queue == "other"


async def test_another_timing_begins_at_its_own_next_tick(store: JobStore) -> None:
    await overdue(store)
    await store.declare_schedules([schedule(timing=DAILY)], source="code")
    assert await due_at(store) > datetime.now(UTC)
    assert await store.due_schedules(limit=10, lease=LEASE) == []


async def test_who_started_earlier_overrules_nobody(store: JobStore) -> None:
    first = await store.declare_schedules([schedule()], source="code")
    await the_next_millisecond(store)
    second = await store.declare_schedules([schedule(timing=DAILY)], source="code")
    await store.declare_schedules([schedule()], source="code", at=first.at)
    [found] = await store.schedules(firings=0)
    assert (found.schedule.timing, found.declared_at) == (DAILY, second.at)


async def test_what_is_saved_is_in_force_whatever_date_the_one_before_bears(store: JobStore) -> None:
    """Two may be saved within a millisecond, or the store's clock was set back."""
    later = datetime.now(UTC) + timedelta(hours=1)
    await store.declare_schedules([schedule(source="console")], source="console", at=later)
    saved = await store.declare_schedules([schedule(timing=DAILY, source="console")], source="console")
    [found] = await store.schedules(firings=0)
    assert (found.schedule.timing, found.declared_at) == (DAILY, saved.at)
    assert saved.at > later, "a leader that has read the one before does not fire it any more"


async def test_what_the_code_has_no_more_goes_and_an_older_worker_does_not_bring_it_back(store: JobStore) -> None:
    first = await store.declare_schedules([schedule()], source="code")
    await store.declare_schedules([schedule("others", type="another")], source="code")
    await the_next_millisecond(store)
    await store.declare_schedules([], source="code", retire=[TYPE])
    await store.declare_schedules([schedule()], source="code", at=first.at)
    assert [found.name for found in await store.schedules(firings=0)] == ["others"]
    await store.declare_schedules([schedule()], source="code")
    assert len(await store.schedules(firings=0)) == 2, "it is in the code again"


async def test_a_whole_set_takes_the_place_of_another_and_leaves_what_came_later(store: JobStore) -> None:
    await store.declare_schedules([schedule("old", source="console")], source="console")
    await store.declare_schedules([schedule("of-the-code")], source="code")
    await the_next_millisecond(store)
    read_at = (await store.declare_schedules([], source="console")).at
    await the_next_millisecond(store)
    await store.declare_schedules([schedule("saved-meanwhile", source="console")], source="console")
    assert not await store.knows_schedules("console")
    await store.declare_schedules([schedule("new", source="console")], source="console", at=read_at, retire=None)
    assert {found.name for found in await store.schedules(firings=0)} == {"of-the-code", "saved-meanwhile", "new"}
    assert await store.knows_schedules("console")


async def test_a_name_belongs_to_who_declared_it_first(store: JobStore) -> None:
    await store.declare_schedules([schedule()], source="code")
    declared = await store.declare_schedules([schedule(timing=DAILY, source="console")], source="console")
    assert declared.taken == (NAME,)
    [found] = await store.schedules(firings=0)
    assert (found.schedule.source, found.schedule.timing) == ("code", HOURLY)


async def test_a_tick_becomes_a_job_with_its_message_in_the_outbox(store: JobStore) -> None:
    due = await overdue(store, schedule(catch_up=CatchUp.ALL))
    before = await store.outbox_size()
    added = await fired(store, due)
    ticks = [due.due_at + timedelta(hours=hour) for hour in range(len(added))]
    assert [one.ref.id for one in added] == [job_id(NAME, tick) for tick in ticks]
    assert len(added) in (4, 5), "three hours ago and each hour since"
    assert await store.outbox_size() == before + len(added)
    record = await store.get(added[0].ref.id)
    assert record is not None
    assert (record.queue, record.type, record.payload) == (QUEUE, TYPE, b'{"to":"ada"}')
    assert record.spec.created_by == f"schedule:{NAME}"
    assert await due_at(store) > datetime.now(UTC)


@pytest.mark.parametrize("catch_up", [CatchUp.SKIP, CatchUp.LATEST])
async def test_missed_ticks_are_left_out_and_told(store: JobStore, catch_up: CatchUp) -> None:
    due = await overdue(store, schedule(timing=HOURLY, catch_up=catch_up))
    found = pass_over(due)
    await fired(store, due)
    status = await store.schedule(NAME, firings=10)
    assert status is not None
    assert [firing.missed for firing in status.firings if firing.kind == "missed"] == [found.missed]
    assert found.missed >= 2


async def test_of_two_leaders_at_once_one_fires(store: JobStore, make_another: MakeAnother) -> None:
    ada, bob = store, await opened(make_another)
    await ada.declare_schedules([schedule()], source="code")
    mine = await made_due(ada)
    [theirs] = await bob.due_schedules(limit=10, lease=LEASE)
    answers = await asyncio.gather(ada.fire(mine, pass_over(mine)), bob.fire(theirs, pass_over(theirs)))
    assert sorted(len(answer) for answer in answers if answer is not None) == [1]
    assert sum(answer is None for answer in answers) == 1
    assert await ada.outbox_size() == 1


async def test_a_tick_is_not_fired_again_when_its_record_has_gone(store: JobStore) -> None:
    due = await overdue(store)
    [added] = await fired(store, due)
    await store.cancel([added.ref.id], by="tests")
    await store.discard([added.ref.id])
    assert await store.fire(due, pass_over(due)) is None
    assert await store.get(added.ref.id) is None


async def test_a_tick_that_comes_back_finds_its_job(store: JobStore) -> None:
    """As after a resume, or a schedule that was removed and made again."""
    due = await overdue(store)
    [added] = await fired(store, due)
    again = await made_due(store)
    tick = pass_over(again).ticks
    assert await store.fire(again, Pass(ticks=tick, missed=0, next_at=tick[-1] + timedelta(days=1))) == []
    assert job_id(NAME, tick[-1]) == added.ref.id


async def test_a_schedule_that_was_changed_meanwhile_is_not_fired(store: JobStore) -> None:
    due = await overdue(store)
    await the_next_millisecond(store)
    await store.declare_schedules([schedule(queue="other")], source="code")
    assert await store.fire(due, pass_over(due)) is None
    assert await store.outbox_size() == 0


async def test_a_tick_is_left_out_while_the_job_before_runs(store: JobStore) -> None:
    wanted = schedule(overlap=Overlap.SKIP)
    [added] = await fired(store, await overdue(store, wanted, by=timedelta(hours=5)))
    later = await made_due(store, by=timedelta(hours=0))
    tick = later.now.replace(minute=30, second=0, microsecond=0)
    assert await store.fire(later, Pass(ticks=(tick,), missed=0, next_at=later.now + timedelta(hours=1))) == []
    status = await store.schedule(NAME, firings=1)
    assert status is not None
    assert (status.firings[0].kind, status.firings[0].job) == ("overlap", added.ref.id)
    await store.cancel([added.ref.id], by="tests")
    after = await made_due(store, by=timedelta(hours=1))
    tick = tick + timedelta(minutes=1)
    assert await store.fire(after, Pass(ticks=(tick,), missed=0, next_at=after.now + timedelta(hours=1)))


async def test_a_paused_schedule_does_not_come_due_and_goes_on_where_it_is_told(store: JobStore) -> None:
    await overdue(store)
    assert await store.pause_schedule(NAME, paused=True, by="console:mira")
    assert await store.due_schedules(limit=10, lease=LEASE) == []
    found = await store.schedule(NAME, firings=0)
    assert found is not None
    assert (found.paused, found.paused_by, found.fires) == (True, "console:mira", False)
    await the_next_millisecond(store)
    await store.declare_schedules([schedule()], source="code")
    assert await store.due_schedules(limit=10, lease=LEASE) == [], "a worker's start does not end a pause"
    ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
    assert await store.pause_schedule(NAME, paused=False, by="console:mira", next_at=ahead)
    assert await due_at(store) == ahead


async def test_what_is_paused_after_it_was_read_is_not_fired(store: JobStore) -> None:
    due = await overdue(store)
    await store.pause_schedule(NAME, paused=True, by="console:mira")
    assert await store.fire(due, pass_over(due)) is None


async def test_a_schedule_that_no_worker_declares_any_more_is_not_fired_until_one_does(store: JobStore) -> None:
    await overdue(store)

    async def none_is_due() -> bool:
        return await store.due_schedules(limit=10, lease=0.001) == []

    await eventually(none_is_due)
    await store.declare_schedules([schedule()], source="code")
    assert len(await store.due_schedules(limit=10, lease=LEASE)) == 1


async def test_run_now_is_a_job_beside_the_ticks(store: JobStore) -> None:
    await store.declare_schedules([schedule()], source="code")
    before = await due_at(store)
    spec = schedule().job("by-hand", datetime.now(UTC))
    added = await store.fire_now(NAME, spec, by="console:mira")
    assert added is not None and not added.existing
    status = await store.schedule(NAME, firings=5)
    assert status is not None
    [firing] = status.firings
    assert (firing.kind, firing.job, firing.by, firing.state) == ("manual", "by-hand", "console:mira", JobState.QUEUED)
    assert status.due_at == before
    assert await store.fire_now("nobody", spec, by="x") is None


async def test_how_a_job_ended_is_kept_when_its_record_goes(store: JobStore) -> None:
    await alive(store)
    due = await overdue(store)
    [added] = await fired(store, due)
    assert await store.note_runs(limit=10) == 0, "it has not ended"
    spec = due.schedule.job(added.ref.id, due.now)
    run = await claimed(store, spec)
    await settled(store, ending(spec, run, JobState.FAILED))
    assert await store.note_runs(limit=10) == 1
    await store.discard([added.ref.id])
    status = await store.schedule(NAME, firings=1)
    assert status is not None
    [firing] = status.firings
    assert firing.state is JobState.FAILED
    assert firing.took is not None and firing.took >= 0


async def test_history_is_bounded(store: JobStore) -> None:
    await store.declare_schedules([schedule()], source="code")
    for number in range(105):
        await store.fire_now(NAME, schedule().job(f"job-{number}", datetime.now(UTC)), by="tests")
    status = await store.schedule(NAME, firings=1000)
    assert status is not None
    assert len(status.firings) == 100
    assert status.firings[0].job == "job-104"


async def test_a_removed_schedule_takes_its_history_along(store: JobStore) -> None:
    await fired(store, await overdue(store))
    assert await store.remove_schedule(NAME)
    assert not await store.remove_schedule(NAME)
    assert await store.schedules(firings=5) == []
    await store.note_runs(limit=10)
    await the_next_millisecond(store)
    await store.declare_schedules([schedule()], source="code")
    found = await store.schedule(NAME, firings=5)
    assert found is not None and found.firings == ()


async def test_lists_are_ordered_by_what_comes_next_and_what_does_not_fire_is_last(store: JobStore) -> None:
    wanted = [
        schedule("later", every(7200).timing),
        schedule("soon", every(5).timing),
        schedule("paused", every(1).timing),
    ]
    await store.declare_schedules(wanted, source="code")
    await store.pause_schedule("paused", paused=True, by="tests")
    names = [found.name for found in await store.schedules(firings=0)]
    assert names[0] == "soon" and names[-1] == "paused"
