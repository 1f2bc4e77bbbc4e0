from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dashboard.attempts import grouped, loose_log, running_log, shown
from queueing.domain.job import Attempt, ErrorInfo, Frame, JobRecord, JobSpec, LogLine
from queueing.domain.states import JobState

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def attempt(number: int, start: float, outcome: JobState = JobState.FAILED) -> Attempt:
    return Attempt(number=number, epoch=1, worker="w", started_at=at(start), ended_at=at(start + 10), outcome=outcome)


def said(text: str, seconds: float, number: int = 1) -> LogLine:
    return LogLine(at=at(seconds), level="INFO", text=text, attempt=number)


def job(
    *attempts: Attempt, log: tuple[LogLine, ...] = (), state: JobState = JobState.FAILED, **more: object
) -> JobRecord:
    spec = JobSpec(id="j", queue="q", type="t", payload=b"{}", created_at=START)
    return JobRecord(
        id="j", queue="q", type="t", state=state, epoch=1, version=1, attempt=1, max_attempts=3, created_at=START,
        spec=spec, attempts=attempts, log=log, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_lines_belong_to_the_attempt_in_which_they_were_said() -> None:
    both = job(attempt(1, 0), attempt(1, 100), log=(said("first life", 5), said("second life", 105)))
    newest, oldest = shown(both)
    assert [line.text for line in newest.log] == ["second life"]
    assert [line.text for line in oldest.log] == ["first life"]


def test_lines_of_attempts_that_are_not_kept_are_not_lost() -> None:
    record = job(attempt(5, 500), log=(said("long ago", 5, 1), said("now", 505, 5)))
    assert [line.text for line in loose_log(record, shown(record))] == ["long ago"]


def test_the_running_attempt_has_its_own_lines_only() -> None:
    record = job(attempt(1, 0), log=(said("before", 5), said("now", 205)), state=JobState.RUNNING, started_at=at(200))
    assert [line.text for line in running_log(record)] == ["now"]
    assert loose_log(record, shown(record)) == ()


def test_a_new_life_is_told_from_a_new_attempt() -> None:
    assert [one.replayed for one in shown(job(attempt(1, 0), attempt(2, 20), attempt(1, 100)))] == [False, True, False]


def test_neighbouring_frames_of_libraries_are_one_group_with_their_names() -> None:
    def frame(file: str, ours: bool) -> Frame:
        return Frame(file=file, line=1, function="f", ours=ours)

    frames = (frame("shop/a.py", True), frame("httpx/_c.py", False), frame("anyio/b.py", False), frame("ssl.py", False))
    groups = grouped(ErrorInfo(kind="E", message="", frames=frames))
    assert [group.ours for group in groups] == [True, False]
    assert groups[1].packages == "httpx, anyio and ssl"
