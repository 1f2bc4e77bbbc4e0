"""What operators' acts promise."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from queueing.domain.job import ErrorInfo, JobRef
from queueing.domain.ports import Command, JobStore, Run, Stale, has
from queueing.domain.states import FINISHED, WAITING, JobState
from queueing.testing.contracts.jobs import (
    added,
    alive,
    attempt,
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

LIVE = sorted(set(JobState) - FINISHED)


@pytest.mark.parametrize("state", sorted(FINISHED))
async def test_a_finished_job_is_replayed_as_a_new_life(store: JobStore, state: JobState):
    spec = await in_state(store, state)
    before = await record(store, spec)
    [changed] = await store.replay([spec.id], by="ada")
    found = await record(store, spec)
    assert changed.ref == JobRef(spec.id, before.epoch + 1)
    assert (changed.done, changed.state, changed.queue) == (True, JobState.QUEUED, spec.queue)
    assert (found.state, found.attempt, found.unconfirmed) == (JobState.QUEUED, 0, True)
    assert (found.finished_at, found.started_at, found.worker, found.result, found.error) == (None,) * 5
    assert "ada" in (found.note or "")
    assert await index_of(store, spec) == {JobState.QUEUED: 1}
    assert (await claimed(store, spec, epoch=before.epoch + 1)).attempt == 1


@pytest.mark.parametrize("state", LIVE)
async def test_a_job_that_has_not_ended_is_not_replayed(store: JobStore, state: JobState):
    spec = await in_state(store, state)
    before = await record(store, spec)
    [changed] = await store.replay([spec.id], by="ada")
    assert (changed.done, changed.state) == (False, state)
    assert state in changed.reason
    assert await record(store, spec) == before


async def test_a_replay_keeps_the_attempts_of_earlier_lives(store: JobStore):
    spec, run = await running(store)
    boom = ErrorInfo(kind="ValueError", message="boom")
    await settled(store, ending(spec, run, JobState.FAILED, attempt=attempt(run, JobState.FAILED, boom)))
    await store.replay([spec.id], by="ada")
    again = await claimed(store, spec, epoch=3)
    await settled(store, ending(spec, again, epoch=3))
    before = (await record(store, spec)).attempts
    await store.replay([spec.id], by="ada")
    after = (await record(store, spec)).attempts
    assert [(told.epoch, told.outcome) for told in after] == [(1, JobState.FAILED), (3, JobState.SUCCEEDED)]
    assert after == before


async def test_a_replayed_job_is_not_trimmed(store: JobStore):
    spec = await in_state(store, JobState.FAILED, retention=0.0)
    await store.replay([spec.id], by="ada")
    await store.trim(limit=10)
    assert await state_of(store, spec) is JobState.QUEUED


async def test_the_dead_letter_of_a_replayed_job_is_stale(store: JobStore):
    spec = await in_state(store, JobState.FAILED)
    await store.replay([spec.id], by="ada")
    assert await store.claim([message(spec, epoch=2)], worker="ada") == [Stale()]


async def test_of_two_replays_at_once_one_is_done(store: JobStore):
    spec = await in_state(store, JobState.FAILED)
    answers = await asyncio.gather(*(store.replay([spec.id], by=who) for who in ("ada", "bob")))
    assert sorted(changed.done for [changed] in answers) == [False, True]
    assert (await record(store, spec)).epoch == 3


@pytest.mark.parametrize("state", sorted(WAITING))
async def test_a_waiting_job_is_cancelled_and_its_message_is_stale(store: JobStore, state: JobState):
    spec = await in_state(store, state)
    epoch = (await record(store, spec)).epoch
    [changed] = await store.cancel([spec.id], by="ada")
    found = await record(store, spec)
    assert (changed.done, changed.ref, changed.state) == (True, JobRef(spec.id, epoch + 1), JobState.CANCELLED)
    assert found.finished_at is not None
    assert "ada" in (found.note or "")
    assert await index_of(store, spec) == {JobState.CANCELLED: 1}
    assert await store.claim([message(spec, epoch=epoch)], worker="ada") == [Stale()]


async def test_cancelling_a_job_whose_message_is_unconfirmed_clears_its_outbox_entry(store: JobStore):
    spec = job()
    await store.add([spec])
    await store.cancel([spec.id], by="ada")
    assert await store.outbox_size() == 0


async def test_a_running_job_is_asked_to_stop(store: JobStore):
    spec, _ = await running(store)
    [changed] = await store.cancel([spec.id], by="ada")
    found = await record(store, spec)
    assert (changed.done, changed.ref, changed.state) == (True, JobRef(spec.id, 1), JobState.RUNNING)
    assert (found.state, found.cancel_requested) == (JobState.RUNNING, True)
    beat = await store.beat(status("ada"), ttl=30)
    assert beat.commands == (Command(kind="cancel", value=spec.id),)


@pytest.mark.parametrize("state", sorted(FINISHED))
async def test_a_finished_job_is_not_cancelled(store: JobStore, state: JobState):
    spec = await in_state(store, state)
    before = await record(store, spec)
    [changed] = await store.cancel([spec.id], by="ada")
    assert (changed.done, changed.state) == (False, state)
    assert await record(store, spec) == before


@pytest.mark.parametrize("state", [JobState.SCHEDULED, JobState.RETRYING])
async def test_a_job_that_waits_for_its_time_can_be_run_at_once(store: JobStore, state: JobState):
    spec = await in_state(store, state)
    epoch = (await record(store, spec)).epoch
    [changed] = await store.hasten([spec.id], by="ada")
    found = await record(store, spec)
    assert (changed.done, changed.ref, changed.state) == (True, JobRef(spec.id, epoch + 1), JobState.QUEUED)
    assert found.unconfirmed
    await alive(store)
    old, new = await store.claim([message(spec, epoch=epoch), message(spec, epoch=epoch + 1)], worker="ada")
    assert old == Stale()
    assert isinstance(new, Run)


@pytest.mark.parametrize("state", sorted(set(JobState) - {JobState.SCHEDULED, JobState.RETRYING}))
async def test_no_other_job_can_be_hastened(store: JobStore, state: JobState):
    spec = await in_state(store, state)
    before = await record(store, spec)
    [changed] = await store.hasten([spec.id], by="ada")
    assert (changed.done, changed.state) == (False, state)
    assert await record(store, spec) == before


@pytest.mark.parametrize("state", sorted(FINISHED))
async def test_a_finished_job_can_be_discarded_altogether(store: JobStore, state: JobState):
    spec = await in_state(store, state)
    epoch = (await record(store, spec)).epoch
    before = await store.sequence()
    [changed] = await store.discard([spec.id])
    assert (changed.done, changed.queue) == (True, spec.queue)
    assert await store.get(spec.id) is None
    assert await store.summaries([spec.id]) == [None]
    assert await index_of(store, spec) == {}
    assert await store.outbox_size() == 0
    assert await store.sequence() > before
    # Its message may still be under way: it must not bring the job back.
    assert await store.claim([message(spec, epoch=epoch)], worker="ada") == [Stale()]


@pytest.mark.parametrize("state", LIVE)
async def test_a_job_that_has_not_ended_is_not_discarded(store: JobStore, state: JobState):
    spec = await in_state(store, state)
    before = await record(store, spec)
    [changed] = await store.discard([spec.id])
    assert (changed.done, changed.state) == (False, state)
    assert await record(store, spec) == before


@pytest.mark.parametrize("act", ["replay", "cancel", "hasten", "discard"])
async def test_an_act_on_an_unknown_job_says_so_and_the_others_are_done(store: JobStore, act: str):
    known = await in_state(store, {"cancel": JobState.QUEUED, "hasten": JobState.SCHEDULED}.get(act, JobState.FAILED))
    by = {} if act == "discard" else {"by": "ada"}
    unknown, done = await getattr(store, act)(["nobody", known.id], **by)
    assert (unknown.ref, unknown.done, unknown.state) == (None, False, None)
    assert unknown.reason
    assert done.done


async def test_an_act_on_many_jobs_answers_each(store: JobStore):
    specs = [job() for _ in range(700)]
    await store.add(specs)
    changed = await store.cancel([spec.id for spec in specs], by="ada")
    assert [change.ref and change.ref.id for change in changed] == [spec.id for spec in specs]
    assert all(change.done for change in changed)


async def test_who_acted_is_noted_however_long_the_name(store: JobStore):
    spec = await added(store)
    await store.cancel([spec.id], by="ü" * 200)
    note = (await record(store, spec)).note or ""
    assert note.startswith("cancelled by üü")
    assert "�" not in note


async def test_a_command_reaches_its_worker_once_and_in_order(store: JobStore):
    await alive(store, "bob")
    commands = (Command(kind="quiet"), Command(kind="concurrency", value="7"))
    for command in commands:
        await store.command("bob", command)
    assert (await store.beat(status("ada"), ttl=30)).commands == ()
    assert (await store.beat(status("bob"), ttl=30)).commands == commands
    assert (await store.beat(status("bob"), ttl=30)).commands == ()


async def test_a_paused_queue_says_by_whom_until_it_is_resumed(store: JobStore):
    await added(store)
    await store.pause("post", paused=True, by="ada")
    [paused] = await store.queues()
    await store.pause("post", paused=False, by="bob")
    [resumed] = await store.queues()
    assert (paused.name, paused.paused, paused.paused_by) == ("post", True, "ada")
    assert (resumed.paused, resumed.paused_by) == (False, "")


async def test_a_queue_is_known_from_its_registration_or_its_first_job(store: JobStore):
    await store.register_queue("parcels")
    await store.register_queue("parcels")
    await added(store)
    assert [queue.name for queue in await store.queues()] == ["parcels", "post"]


async def test_every_transition_raises_the_sequence(store: JobStore):
    seen = [await store.sequence()]

    async def note() -> None:
        seen.append(await store.sequence())

    spec, run = await running(store)
    await note()
    await settled(store, ending(spec, run, JobState.FAILED))
    await note()
    await store.replay([spec.id], by="ada")
    await note()
    await store.cancel([spec.id], by="ada")
    await note()
    await store.pause("post", paused=True, by="ada")
    await note()
    assert seen == sorted(set(seen))


async def test_jobs_are_counted_by_when_they_are_due(store: JobStore):
    if not has(store, "due", JobStore):
        pytest.skip("This store does not tell due.")
    for delay in (30, 90, 90, 4000):
        await added(store, delay=delay)
    await added(store, type="resize", delay=90)
    await added(store, queue="parcels", delay=90)
    await added(store)
    spec, run = await running(store)
    await settled(store, ending(spec, run, JobState.RETRYING, delay=500.0))
    found = await store.due("post", (0.0, 60.0, 120.0, 3600.0))
    assert found == {JobState.SCHEDULED: [0, 1, 3, 0, 1], JobState.RETRYING: [0, 0, 0, 1, 0]}
    assert await store.due("nowhere", (0.0,)) == {JobState.SCHEDULED: [0, 0], JobState.RETRYING: [0, 0]}


async def test_a_job_whose_time_has_come_is_due_before_now_until_it_is_promoted(store: JobStore):
    if not has(store, "due", JobStore):
        pytest.skip("This store does not tell due.")
    await added(store, run_at=datetime.now(UTC) + timedelta(seconds=0.05))

    async def due(expected: list[int]) -> bool:
        return (await store.due("post", (0.0, 60.0)))[JobState.SCHEDULED] == expected

    await eventually(lambda: due([1, 0, 0]))
    await store.promote(limit=10)
    assert await due([0, 0, 0])
