"""What the store promises about failure groups."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from queueing.domain.failures import Filing, Sample, Unfiled, fingerprint, group_of
from queueing.domain.job import ErrorInfo, Frame, JobRef, JobSpec
from queueing.domain.ports import JobStore
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import (
    alive,
    attempt,
    claimed,
    ending,
    job,
    message,
    record,
    running,
    settled,
)
from queueing.testing.contracts.others import MakeAnother, SetClock, opened
from queueing.testing.eventually import eventually
from queueing.worker.cataloguer import Cataloguer

PLACE = Frame(file="shop/mail.py", line=12, function="send", ours=True, source=("raise Busy",), first_line=12)


def busy(text: str = "421 too busy", kind: str = "shop.Busy") -> ErrorInfo:
    return ErrorInfo(kind=kind, message=text, frames=(PLACE,), fingerprint=fingerprint(kind, text, (PLACE,)))


async def failed(store: JobStore, error: ErrorInfo | None = None, **options: object) -> JobSpec:
    spec, run = await running(store, **options)
    error = error or busy()
    await settled(store, ending(spec, run, JobState.FAILED, attempt=attempt(run, JobState.FAILED, error)))
    return spec


async def unfiled(store: JobStore, count: int) -> Unfiled:
    """Once the millisecond in which the last one failed is over."""
    return await eventually(lambda: _enough(store, count))


async def _enough(store: JobStore, count: int) -> Unfiled | None:
    found = await store.unfiled(limit=100)
    return found if len(found.failures) >= count else None


async def filed(store: JobStore, count: int) -> None:
    """All that failed is in its group."""
    await unfiled(store, count)
    await Cataloguer(store).tend()


async def test_failed_jobs_wait_to_be_filed_oldest_first(store: JobStore):
    assert (await store.unfiled(limit=10)).failures == ()
    one, other = await failed(store), await failed(store, queue="bulk", type="send_many")
    found = (await unfiled(store, 2)).failures
    assert [failure.id for failure in found] == [one.id, other.id]
    last = found[-1]
    assert (last.queue, last.type, last.error.kind, last.error.fingerprint) == (
        "bulk", "send_many", "shop.Busy", busy().fingerprint,
    )  # fmt: skip
    assert last.failed_at == (await record(store, other)).finished_at


async def test_what_is_filed_does_not_wait_any_more_and_its_group_tells_of_it(store: JobStore):
    spec = await failed(store)
    await filed(store, 1)
    assert (await store.unfiled(limit=10)).failures == ()
    [group] = await store.groups()
    found = await record(store, spec)
    assert group.id == found.group == group_of(spec.type, busy())
    assert (group.type, group.kind, group.total, group.open) == (spec.type, "shop.Busy", 1, 1)
    assert (group.place, group.message, group.pattern) == ("shop/mail.py:12 send", "421 too busy", "<n> too busy")
    assert (group.job, group.queues) == (spec.id, (spec.queue,))
    assert group.first_at == group.last_at == found.finished_at
    assert await store.group(group.id) == (group, busy())
    assert await store.open_groups() == 1


async def test_what_differs_is_in_other_groups(store: JobStore):
    for options in ({}, {"type": "send_many"}, {"error": busy(kind="Calm")}, {"queue": "bulk"}):
        await failed(store, **options)
    await filed(store, 4)
    groups = {(group.type, group.kind): group for group in await store.groups()}
    assert len(groups) == 3
    assert groups["send_letter", "shop.Busy"].queues == ("bulk", "post")
    assert groups["send_letter", "shop.Busy"].total == 2


async def test_two_leaders_count_a_failure_once(store: JobStore, make_another: MakeAnother):
    other = await opened(make_another)
    await failed(store)
    seen, again = await unfiled(store, 1), await unfiled(other, 1)
    filing = Filing(group="g", type="send_letter", failures=seen.failures)
    assert await asyncio.gather(store.file(seen, [filing]), other.file(again, [filing])) in (
        [True, False],
        [False, True],
    )
    [group] = await store.groups()
    assert group.total == 1


async def test_a_batch_ends_between_two_moments(store: JobStore):
    await alive(store)
    specs = [job(queue=queue, max_attempts=1) for queue in ("a", "b") for _ in range(3)]
    for added_job in await store.add(specs):
        await store.confirm([added_job.ref])
    verdicts = await store.claim([message(spec) for spec in specs], worker="ada")
    # All six in one script call, and so in one millisecond.
    await store.settle([ending(spec, run, JobState.FAILED) for spec, run in zip(specs, verdicts, strict=True)])  # type: ignore[arg-type]
    found = await eventually(lambda: _enough(store, 1))
    assert len((await store.unfiled(limit=1)).failures) == len(found.failures) == 6


async def test_a_job_without_attempts_left_whose_worker_died_is_filed(store: JobStore):
    lost = [await running(store, worker="bob", max_attempts=1) for _ in range(2)]
    await store.forget_worker("bob")
    await store.rescue(older_than=0, limit=1)
    await alive(store, "ada")
    await store.claim([message(spec) for spec, _ in lost], worker="ada")
    await filed(store, 2)
    [group] = await store.groups()
    assert (group.kind, group.total, group.open, group.place) == ("WorkerLost", 2, 2, "")


async def test_a_job_that_expired_is_not_filed_under_the_error_of_its_last_attempt(
    store: JobStore, clock_ahead: SetClock
):
    spec, run = await running(store, expires_at=datetime.now(UTC) + timedelta(hours=1))
    error = attempt(run, JobState.RETRYING, busy())
    await settled(store, ending(spec, run, JobState.RETRYING, attempt=error))
    await clock_ahead(7200)
    assert await store.expire(limit=10) == [JobRef(spec.id, 3)]
    await filed(store, 1)
    [group] = await store.groups()
    assert group.kind == "Expired"


async def test_a_message_that_never_was_a_job_is_filed(store: JobStore):
    await store.bury(job(), ErrorInfo(kind="Malformed", message="The message is not a job"))
    await filed(store, 1)
    [group] = await store.groups()
    assert (group.kind, group.message) == ("Malformed", "The message is not a job")


@pytest.mark.parametrize("act", ["replay", "discard"])
async def test_a_job_that_is_retried_or_discarded_is_open_no_longer_but_still_counted(store: JobStore, act: str):
    spec = await failed(store)
    await filed(store, 1)
    await (store.replay([spec.id], by="mira") if act == "replay" else store.discard([spec.id]))
    [group] = await store.groups()
    assert (group.open, group.total) == (0, 1)
    assert await store.group_ids(group.id, limit=10) == []
    assert await store.open_groups() == 0
    found = await store.group(group.id)
    assert found is not None and found[1] == busy(), "the sample outlives its job"


async def test_a_job_whose_retention_has_ended_is_open_no_longer(make_another: MakeAnother):
    store = await opened(make_another, retention={JobState.FAILED: 0.3})
    await failed(store)
    await filed(store, 1)
    assert [group.open for group in await store.groups()] == [1]
    await eventually(lambda: store.trim(limit=10))
    assert [(group.open, group.total) for group in await store.groups()] == [(0, 1)]


async def test_a_job_that_fails_again_after_a_replay_counts_twice_and_is_open_once(store: JobStore):
    spec = await failed(store)
    await filed(store, 1)
    await store.replay([spec.id], by="mira")
    run = await claimed(store, spec, epoch=3)
    end = ending(spec, run, JobState.FAILED, epoch=3, attempt=attempt(run, JobState.FAILED, busy(), epoch=3))
    await settled(store, end)
    await filed(store, 1)
    [group] = await store.groups()
    assert (group.open, group.total) == (1, 2)


async def test_a_failure_that_was_retried_before_it_was_filed_counts_and_is_not_open(store: JobStore):
    spec = await failed(store)
    seen = await unfiled(store, 1)
    await store.replay([spec.id], by="mira")
    assert await store.file(seen, [Filing(group="g", type=spec.type, failures=seen.failures)])
    [group] = await store.groups()
    assert (group.open, group.total) == (0, 1)


async def test_a_new_sample_replaces_the_old_one_and_no_sample_keeps_it(store: JobStore):
    await failed(store)
    for sample in (Sample(job="a", error=busy("1")), None, Sample(job="b", error=busy("2 of 3"))):
        seen = await unfiled(store, 1)
        await store.file(seen, [Filing(group="g", type="send_letter", failures=seen.failures, sample=sample)])
        [group] = await store.groups()
        assert (group.job, group.message) == (("b", "2 of 3") if sample and sample.job == "b" else ("a", "1"))
        await failed(store)


async def test_the_trend_counts_by_the_hour_and_ends_now(store: JobStore):
    for _ in range(3):
        await failed(store)
    await filed(store, 3)
    [group] = await store.groups()
    [hours, none] = await store.group_trends([group.id, "none"], hours=24)
    assert len(hours) == len(none) == 24
    assert sum(hours) == sum(hours[-2:]) == 3, "the hour may just have changed"
    assert sum(none) == 0


async def test_the_jobs_of_a_group_are_read_page_by_page_both_ways(store: JobStore):
    specs = [await failed(store) for _ in range(7)]
    await filed(store, 7)
    newest_first = [spec.id for spec in reversed(specs)]
    [group] = await store.groups()
    assert await store.group_ids(group.id, limit=3) == newest_first[:-4:-1]
    pages, cursor = [], None
    while not pages or cursor:
        pages.append(await store.group_jobs(group.id, cursor=cursor, limit=3))
        cursor = pages[-1].older
    assert [[row.id for row in page.rows] for page in pages] == [newest_first[:3], newest_first[3:6], newest_first[6:]]
    assert [bool(page.newer) for page in pages] == [False, True, True]
    back = await store.group_jobs(group.id, cursor=pages[2].newer, limit=3)
    assert back == pages[1]
    # The place holds although its job and those before it have gone.
    await store.replay(newest_first[:3], by="mira")
    assert await store.group_jobs(group.id, cursor=pages[0].older, limit=3) == pages[1].__class__(
        rows=pages[1].rows, newer=None, older=pages[1].older
    )
    assert (await store.group_jobs(group.id, cursor="no such place", limit=9)).older is None


async def test_a_group_can_be_muted_for_a_time_or_until_it_is_unmuted(store: JobStore):
    await failed(store)
    await filed(store, 1)
    [group] = await store.groups()
    assert await store.mute_group(group.id, seconds=3600, by="mira")
    [muted] = await store.groups()
    assert muted.muted_until is not None
    assert muted.muted_by == "mira"
    assert abs(muted.muted_until - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=1)
    assert await store.open_groups() == 0
    assert await store.mute_group(group.id, seconds=None, by="mira")
    [muted] = await store.groups()
    assert (muted.muted, muted.muted_until) == (True, None)
    assert await store.open_groups() == 0
    assert await store.unmute_group(group.id)
    assert await store.groups() == [group]
    assert await store.mute_group(group.id, seconds=0.01, by="mira")
    await eventually(lambda: _is_one(store))
    assert not await store.mute_group("none", seconds=1, by="mira")


async def _is_one(store: JobStore) -> bool:
    return await store.open_groups() == 1


async def test_a_group_keeps_one_note(store: JobStore):
    await failed(store)
    await filed(store, 1)
    [group] = await store.groups()
    assert await store.note_group(group.id, "it is the proxy", by="mira")
    assert await store.note_group(group.id, "in 5", by="jonas")
    [noted] = await store.groups()
    assert (noted.note, noted.note_by) == ("in 5", "jonas")
    assert noted.note_at is not None
    assert await store.note_group(group.id, "", by="jonas")
    assert await store.groups() == [group]
    assert not await store.note_group("none", "x", by="mira")


async def test_groups_are_forgotten_once_nothing_is_open_or_when_there_are_too_many(store: JobStore):
    specs = [await failed(store, type=name) for name in ("a", "b", "c")]
    await filed(store, 3)
    await store.discard([specs[0].id])

    async def trimmed() -> bool:
        return await store.trim_groups(older_than=0, most=10) == 1

    await eventually(trimmed)
    assert [group.type for group in await store.groups()] == ["c", "b"]
    assert await store.trim_groups(older_than=3600, most=1) == 1
    assert [group.type for group in await store.groups()] == ["c"]
    # A job whose group is gone can be worked with all the same.
    assert (await store.replay([specs[1].id], by="mira"))[0].done


async def test_a_change_of_release_is_a_deploy_and_the_first_one_is_none(store: JobStore):
    assert await store.deploy() is None
    await store.note_release("1.0")
    assert await store.deploy() is None
    await store.note_release("1.1")
    deploy = await store.deploy()
    assert deploy is not None and deploy.release == "1.1"
    await store.note_release("1.0")
    await store.note_release("1.1")
    assert await store.deploy() == deploy, "a worker of the old release does not undo it"


async def test_a_group_that_changes_says_so(store: JobStore):
    await failed(store)
    await filed(store, 1)
    [group] = await store.groups()
    before = await store.sequence()
    changes = store.changes()
    listening = asyncio.create_task(anext(changes))
    heard = None
    while heard is None or heard.kind != "group":
        await store.note_group(group.id, "again", by="mira")
        try:
            heard = await asyncio.wait_for(asyncio.shield(listening), 0.2)
        except TimeoutError:
            continue
        if heard.kind != "group":
            listening = asyncio.create_task(anext(changes))
    assert heard.id == group.id
    assert await store.sequence() > before
    await changes.aclose()  # type: ignore[attr-defined]
