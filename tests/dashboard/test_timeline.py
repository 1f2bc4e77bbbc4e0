from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.timeline import SHOWN, Timeline, timeline
from queueing.domain.job import Attempt, ErrorInfo, JobRecord, JobSpec
from queueing.domain.options import JobOptions
from queueing.domain.states import JobState

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
S = JobState


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def attempt(number: int, start: float, end: float, outcome: JobState, *, queued: float | None = None) -> Attempt:
    error = ErrorInfo(kind="httpx.Timeout", message="") if outcome in (S.RETRYING, S.FAILED) else None
    return Attempt(
        number=number, epoch=number, worker="w", started_at=at(start), ended_at=at(end), outcome=outcome, error=error,
        queued_at=None if queued is None else at(queued),
    )  # fmt: skip


def line(
    state: JobState, *attempts: Attempt, now: float = 100, options: JobOptions | None = None, **known: Any
) -> Timeline:
    options = options or JobOptions()
    spec = JobSpec(id="j", queue="q", type="t", payload=b"{}", options=options, created_at=START)
    begun = len(attempts) + (state is S.RUNNING)
    fields: dict[str, Any] = {
        "id": "j", "queue": "q", "type": "t", "state": state, "epoch": 1, "version": 1, "attempt": begun,
        "max_attempts": 3, "created_at": START, "spec": spec, "attempts": attempts,
    }  # fmt: skip
    return timeline(JobRecord(**(fields | known)), now=at(now))


def labels(found: Timeline) -> list[str]:
    return [step.label for step in found.steps]


def test_a_queued_job_waits_for_its_first_attempt() -> None:
    found = line(S.QUEUED, due_at=START)
    assert labels(found) == ["Queued", "Attempt 1", "Ends"]
    assert (found.waited, found.ran) == (100.0, 0.0)
    assert found.steps[0].now
    assert found.waits_since == START


def test_a_scheduled_job_waits_for_its_time() -> None:
    found = line(S.SCHEDULED, options=JobOptions(delay=600), due_at=at(600))
    assert labels(found) == ["Scheduled", "Attempt 1", "Ends"]
    assert found.steps[1].due == at(600)


def test_a_delayed_job_that_has_begun_shows_when_it_was_due() -> None:
    found = line(S.RUNNING, options=JobOptions(delay=30, timeout=60), started_at=at(31))
    assert labels(found) == ["Scheduled", "Due", "Attempt 1", "Ends"]
    assert found.steps[-1].due == at(91)
    assert (found.waited, found.ran) == (31.0, 69.0)


def test_each_failed_attempt_is_followed_by_a_wait_that_names_its_error() -> None:
    found = line(S.RETRYING, attempt(1, 1, 3, S.RETRYING), due_at=at(110))
    assert labels(found) == ["Queued", "Attempt 1", "Timeout", "Attempt 2", "Ends"]
    assert [step.kind for step in found.steps] == ["wait", "run", "wait", "next", "next"]
    assert (found.waited, found.ran) == (98.0, 2.0)
    assert found.steps[3].due == at(110)


def test_a_finished_job_ends_when_its_last_attempt_did() -> None:
    found = line(S.FAILED, attempt(1, 1, 3, S.FAILED), finished_at=at(3.5), error_kind="httpx.Timeout")
    assert labels(found) == ["Queued", "Attempt 1", "Timeout"]
    assert found.steps[-1].at == at(3)
    assert found.ran == 2.0
    assert found.waits_since is None


def test_a_job_that_was_run_again_shows_both_its_lives() -> None:
    found = line(S.RUNNING, attempt(1, 1, 3, S.FAILED), attempt=1, started_at=at(60))
    assert labels(found) == ["Queued", "Attempt 1", "Timeout", "Attempt 1", "Ends"]
    again = line(S.QUEUED, attempt(1, 1, 3, S.FAILED), attempt=0, due_at=at(50))
    assert labels(again) == ["Queued", "Attempt 1", "Timeout", "Run again", "Attempt 1", "Ends"]


def test_a_job_that_was_handed_back_says_so() -> None:
    found = line(S.QUEUED, attempt(1, 1, 3, S.QUEUED), attempt=0, due_at=at(3))
    assert labels(found) == ["Queued", "Attempt 1", "Handed back", "Attempt 1", "Ends"]


def test_a_cancelled_job_that_never_ran() -> None:
    assert labels(line(S.CANCELLED, finished_at=at(5))) == ["Queued", "Cancelled"]


def test_the_middle_of_a_long_life_is_folded() -> None:
    attempts = [attempt(n, 10 * n, 10 * n + 1, S.RETRYING) for n in range(1, 12)]
    found = line(S.RETRYING, *attempts, now=200, due_at=at(300))
    assert len(found.steps) == SHOWN
    assert found.steps[2].kind == "fold"
    assert found.steps[2].label == "8 more attempts"
    assert found.ran == 11.0
