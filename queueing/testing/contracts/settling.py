"""What ``settle``, ``report`` and ``bury`` promise."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from queueing.domain.job import ErrorInfo, Frame, JobRef, LogLine, Progress
from queueing.domain.ports import JobStore, Report, Settled
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import (
    added,
    attempt,
    claimed,
    ending,
    in_state,
    index_of,
    job,
    record,
    running,
    settled,
    state_of,
)

BOOM = ErrorInfo(
    kind="builtins.ValueError",
    message="ü" * 100,
    fingerprint="f00",
    frames=(Frame(file="a.py", line=3, function="f", ours=True, source=("x = 1", "raise"), first_line=2),),
)


def line(text: str) -> LogLine:
    return LogLine(at=datetime(2026, 1, 1, tzinfo=UTC), level="INFO", text=text, attempt=1)


async def test_success_keeps_the_result_and_ends_the_job(store: JobStore):
    spec, run = await running(store)
    answer = await settled(
        store, ending(spec, run, result=b'{"sent":3}', note="sent 3", attempt=attempt(run, JobState.SUCCEEDED))
    )
    found = await record(store, spec)
    assert answer == Settled(ref=JobRef(spec.id, 1))
    assert (found.state, found.result, found.note, found.error) == (JobState.SUCCEEDED, b'{"sent":3}', "sent 3", None)
    assert found.finished_at is not None
    assert await index_of(store, spec) == {JobState.SUCCEEDED: 1}
    assert await store.outbox_size() == 0


@pytest.mark.parametrize(
    "result", [b"null", b"7", b'"' + b"x" * 62 + b'"', b'"' + b"x" * 63 + b'"', b'"' + b"x" * 99_999 + b'"']
)
async def test_a_result_of_any_length_is_kept_whole(store: JobStore, result: bytes):
    spec, run = await running(store)
    await settled(store, ending(spec, run, result=result))
    assert (await record(store, spec)).result == result


async def test_the_attempt_that_succeeded_is_told(store: JobStore):
    spec, run = await running(store)
    await settled(store, ending(spec, run, attempt=attempt(run, JobState.SUCCEEDED)))
    found = await record(store, spec)
    [told] = found.attempts
    assert (told.number, told.epoch, told.worker, told.outcome) == (1, 1, "ada", JobState.SUCCEEDED)
    assert (told.started_at, told.ended_at, told.queued_at) == (run.started_at, found.finished_at, run.queued_at)


async def test_a_retry_waits_for_its_time_with_a_new_epoch_and_an_outbox_entry(store: JobStore):
    spec, run = await running(store)
    told = attempt(run, JobState.RETRYING, BOOM)
    answer = await settled(store, ending(spec, run, JobState.RETRYING, delay=30.0, attempt=told))
    found = await record(store, spec)
    assert answer == Settled(ref=JobRef(spec.id, 2), due_at=found.due_at)
    assert found.due_at is not None
    assert found.due_at - run.started_at == pytest.approx(timedelta(seconds=30), abs=timedelta(seconds=1))
    assert (found.state, found.epoch, found.attempt, found.unconfirmed) == (JobState.RETRYING, 2, 1, True)
    assert (found.attempts, found.error) == ((told,), BOOM)
    assert await store.unconfirmed(older_than=0, limit=10) == [answer.ref]


async def test_a_failure_rests_with_its_error_and_awaits_its_dead_letter(store: JobStore):
    spec, run = await running(store)
    answer = await settled(store, ending(spec, run, JobState.FAILED, attempt=attempt(run, JobState.FAILED, BOOM)))
    found = await record(store, spec)
    assert answer == Settled(ref=JobRef(spec.id, 2))
    assert (found.state, found.error, found.error_kind) == (JobState.FAILED, BOOM, "builtins.ValueError")
    assert await store.unconfirmed(older_than=0, limit=10) == [answer.ref]


async def test_the_start_of_an_error_message_is_cut_between_characters(store: JobStore):
    spec, run = await running(store)
    await settled(store, ending(spec, run, JobState.FAILED, attempt=attempt(run, JobState.FAILED, BOOM)))
    [row] = await store.summaries([spec.id])
    assert row is not None
    assert row.error_message == "ü" * 32


async def test_the_error_of_an_earlier_attempt_is_not_the_error_of_a_success(store: JobStore):
    spec, run = await running(store)
    await settled(store, ending(spec, run, JobState.RETRYING, attempt=attempt(run, JobState.RETRYING, BOOM)))
    again = await claimed(store, spec, epoch=2)
    await settled(store, ending(spec, again, epoch=2))
    found = await record(store, spec)
    assert (found.error, found.error_kind) == (None, None)
    assert [told.outcome for told in found.attempts] == [JobState.RETRYING, JobState.SUCCEEDED]


async def test_a_job_handed_back_is_not_charged_the_attempt(store: JobStore):
    spec, run = await running(store)
    answer = await settled(store, ending(spec, run, JobState.QUEUED))
    found = await record(store, spec)
    assert (answer.ref.epoch, found.state, found.attempt, found.unconfirmed) == (2, JobState.QUEUED, 0, True)
    assert (await claimed(store, spec, epoch=2)).attempt == 1


async def test_a_job_that_its_handler_called_off_is_cancelled(store: JobStore):
    spec, run = await running(store)
    told = attempt(run, JobState.CANCELLED)
    await settled(store, ending(spec, run, JobState.CANCELLED, note="not needed", attempt=told))
    found = await record(store, spec)
    assert (found.state, found.note, found.attempts) == (JobState.CANCELLED, "not needed", (told,))
    assert await store.outbox_size() == 0


async def test_a_settlement_with_a_wrong_token_writes_nothing(store: JobStore):
    spec, run = await running(store)
    forged = ending(spec, run)
    assert await store.settle(
        [ending(spec, run.__class__(token="", attempt=1, started_at=run.started_at, queued_at=None))]
    ) == [None]
    assert await store.settle([forged.__class__(ref=forged.ref, token="f" * 12, outcome=JobState.FAILED)]) == [None]
    assert await state_of(store, spec) is JobState.RUNNING


async def test_a_settlement_of_an_unknown_job_writes_nothing(store: JobStore):
    _, run = await running(store)
    assert await store.settle([ending(job(), run)]) == [None]


async def test_a_token_is_spent_once(store: JobStore):
    spec, run = await running(store)
    await settled(store, ending(spec, run, result=b"1"))
    before = await record(store, spec)
    assert await store.settle([ending(spec, run, JobState.FAILED)]) == [None]
    assert await record(store, spec) == before


@pytest.mark.parametrize("outcome", [JobState.RETRYING, JobState.FAILED, JobState.QUEUED, JobState.SUCCEEDED])
async def test_the_same_settlement_again_has_the_same_answer_and_happens_once(store: JobStore, outcome: JobState):
    spec, run = await running(store)
    settlement = ending(spec, run, outcome, log=(line("x"),))
    first = await store.settle([settlement])
    before = await record(store, spec)
    assert await store.settle([settlement]) == first
    assert await record(store, spec) == before


async def test_of_two_outcomes_at_once_one_is_written(store: JobStore):
    spec, run = await running(store)
    answers = await asyncio.gather(
        store.settle([ending(spec, run, JobState.SUCCEEDED)]), store.settle([ending(spec, run, JobState.FAILED)])
    )
    assert sorted(answer is None for [answer] in answers) == [False, True]


async def test_settlements_of_many_jobs_share_a_call_and_keep_their_order(store: JobStore):
    runs = [await running(store) for _ in range(6)]
    outcomes = [JobState.SUCCEEDED, JobState.FAILED] * 3
    logs = [(line("a"),) * number for number in range(6)]
    answers = await store.settle(
        [ending(spec, run, to, log=log) for (spec, run), to, log in zip(runs, outcomes, logs, strict=True)]
    )
    assert [answer and answer.ref.epoch for answer in answers] == [1, 2] * 3
    assert [len((await record(store, spec)).log) for spec, _ in runs] == [0, 1, 2, 3, 4, 5]


async def test_a_job_cancelled_while_it_runs_may_still_succeed(store: JobStore):
    spec, run = await running(store)
    await store.cancel([spec.id], by="ada")
    await settled(store, ending(spec, run))
    assert await state_of(store, spec) is JobState.SUCCEEDED


async def test_a_cancel_that_a_retry_outran_is_told_to_the_next_attempt(store: JobStore):
    spec, run = await running(store)
    await store.cancel([spec.id], by="ada")
    await settled(store, ending(spec, run, JobState.RETRYING))
    assert (await claimed(store, spec, epoch=2)).cancel_requested


async def test_the_log_is_kept_in_order_and_bounded(store: JobStore):
    spec, run = await running(store)
    ref = JobRef(spec.id, 1)
    await store.report([Report(ref=ref, token=run.token, log=tuple(line(str(n)) for n in range(300)))])
    await settled(store, ending(spec, run, log=tuple(line(str(n)) for n in range(300, 600))))
    assert [entry.text for entry in (await record(store, spec)).log] == [str(n) for n in range(100, 600)]


async def test_a_long_log_line_is_cut(store: JobStore):
    spec, run = await running(store)
    await settled(store, ending(spec, run, log=(line("é" * 5_000),)))
    [entry] = (await record(store, spec)).log
    assert entry == line("é" * 1_024)


async def test_attempts_are_bounded(store: JobStore):
    spec, run = await running(store, max_attempts=100)
    for epoch in range(1, 56):
        told = attempt(run, JobState.RETRYING, BOOM, epoch=epoch)
        await settled(store, ending(spec, run, JobState.RETRYING, epoch=epoch, attempt=told))
        run = await claimed(store, spec, epoch=epoch + 1)
    assert [told.number for told in (await record(store, spec)).attempts] == list(range(6, 56))


async def test_a_report_shows_progress_and_log(store: JobStore):
    spec, run = await running(store)
    version = (await record(store, spec)).version
    progress = Progress(done=1_234_567_890_123, total=0.5, note="half: ü")
    report = Report(ref=JobRef(spec.id, 1), token=run.token, progress=progress, log=(line("a"), line("b")))
    assert await store.report([report]) == [False]
    found = await record(store, spec)
    assert found.progress == progress
    assert [entry.text for entry in found.log] == ["a", "b"]
    assert found.version == version + 1


@pytest.mark.parametrize(
    "progress", [Progress(done=1), Progress(done=0.0, total=100), Progress(done=1.5, note="a b/c")]
)
async def test_progress_without_its_optional_parts_is_kept_too(store: JobStore, progress: Progress):
    spec, run = await running(store)
    await store.report([Report(ref=JobRef(spec.id, 1), token=run.token, progress=progress)])
    assert (await record(store, spec)).progress == progress


async def test_a_report_with_a_token_that_is_not_the_jobs_writes_nothing(store: JobStore):
    spec, run = await running(store)
    await settled(store, ending(spec, run))
    before = await record(store, spec)
    news = [Report(ref=JobRef(spec.id, 1), token=token, progress=Progress(done=1)) for token in (run.token, "", "f")]
    assert await store.report(news) == [False] * 3
    assert await record(store, spec) == before


async def test_a_report_answers_whether_to_cancel(store: JobStore):
    first, run = await running(store)
    other, other_run = await running(store)
    await store.cancel([first.id], by="ada")
    reports = [Report(ref=JobRef(spec.id, 1), token=run.token) for spec, run in ((first, run), (other, other_run))]
    assert await store.report(reports) == [True, False]


async def test_what_never_was_a_job_is_buried_with_its_bytes_and_its_error(store: JobStore):
    spec = job(type="(unreadable)", payload=b"\xff\x00")
    assert await store.bury(spec, BOOM) == JobRef(spec.id, 1)
    found = await record(store, spec)
    assert (found.state, found.error, found.payload) == (JobState.FAILED, BOOM, b"\xff\x00")
    assert await store.unconfirmed(older_than=0, limit=10) == [JobRef(spec.id, 1)]


async def test_what_is_buried_already_is_not_buried_again(store: JobStore):
    spec = await added(store)
    assert await store.bury(spec, BOOM) is None
    assert await state_of(store, spec) is JobState.QUEUED


async def test_what_was_discarded_is_not_buried_again(store: JobStore):
    spec = await in_state(store, JobState.FAILED)
    await store.discard([spec.id])
    assert await store.bury(spec, BOOM) is None
