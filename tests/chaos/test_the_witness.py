"""The witness can accuse: each thing that must not happen, once it is in the ledger, is in the verdict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from queueing.domain.job import JobSummary
from queueing.domain.states import JobState
from tests.chaos.ledger import SECOND, Ledger, Pen
from tests.chaos.verdict import Verdict, judge

Write = Callable[..., None]


def record(job: str, state: JobState = JobState.SUCCEEDED, attempt: int = 1) -> JobSummary:
    now = datetime.now(UTC)
    return JobSummary(
        id=job, queue="post", type="step", state=state, epoch=1, version=3, attempt=attempt, max_attempts=9,
        created_at=now, due_at=now,
    )  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


def written(path: Path, *lines: str) -> Ledger:
    """Lines of ``kind subject run attempt pid second``."""
    with path.open("a") as file:
        for line in lines:
            *words, at = line.split()
            file.write(" ".join([*words, str(round(float(at) * SECOND))]) + "\n")
    return Ledger(path).refresh()


def verdict(ledger: Ledger, *records: JobSummary) -> Verdict:
    found = {one.id: one for one in records}
    return judge(ledger, {job: found.get(job) for job in ledger.added})


def test_nothing_is_held_against_a_job_that_ran_once(path: Path) -> None:
    ledger = written(path, "added a - 0 1 0", "begin a r1 1 7 1", "end a r1 1 7 2")
    assert verdict(ledger, record("a")) == Verdict(
        added=1, runs=1, lost=(), wrong=(), doubled=(), overlaps=(), charged=0, resumed=(), left=()
    )


def test_a_job_without_a_finished_run_is_lost_whatever_its_record_says(path: Path) -> None:
    ledger = written(path, "added a - 0 1 0", "added b - 0 1 0", "begin b r1 1 7 1", "fail b r1 1 7 2")
    assert verdict(ledger, record("a"), record("b")).lost == ("a", "b")


def test_a_record_in_another_state_or_none_at_all_is_wrong(path: Path) -> None:
    ledger = written(path, "added a - 0 1 0", "added b - 0 1 0")
    assert verdict(ledger, record("a", JobState.RUNNING)).wrong == ("a: running", "b: no record")


def test_only_a_job_done_before_the_store_was_emptied_may_have_no_record(path: Path) -> None:
    lines = [f"added {job} - 0 1 0" for job in "ab"]
    lines += ["begin a r1 1 7 1", "end a r1 1 7 2", "begin b r2 1 7 1", "end b r2 1 7 4"]
    ledger = written(path, *lines, "fault redis - 0 1 2.5", "back redis - 0 1 3")
    assert ledger.done_before_faults(0.1) == set()
    forgotten = ledger.done_before_faults(float("inf"))
    assert judge(ledger, dict.fromkeys("ab"), forgotten=forgotten).wrong == ("b: no record",)


def test_work_that_was_done_twice_is_doubled(path: Path) -> None:
    ledger = written(
        path, "added a - 0 1 0", "begin a r1 1 7 1", "end a r1 1 7 2", "begin a r2 2 7 3", "end a r2 2 7 4"
    )
    assert verdict(ledger, record("a", attempt=2)).doubled == ("a",)


def test_two_runs_at_one_time_overlap(path: Path) -> None:
    ledger = written(
        path, "added a - 0 1 0", "begin a r1 1 7 1", "begin a r2 2 8 2", "end a r2 2 8 3", "end a r1 1 7 4"
    )
    assert verdict(ledger, record("a", attempt=2)).overlaps == ("a",)


def test_a_run_that_nobody_saw_end_overlaps_with_the_next(path: Path) -> None:
    ledger = written(path, "added a - 0 1 0", "begin a r1 1 7 1", "begin a r2 2 8 2", "end a r2 2 8 3")
    assert verdict(ledger, record("a", attempt=2)).overlaps == ("a",)


def test_a_killed_run_ends_when_its_process_dies(path: Path) -> None:
    begun = ("added a - 0 1 0", "begin a r1 1 7 1")
    ledger = written(path, *begun, "died - - 0 7 2", "begin a r2 2 8 3", "end a r2 2 8 4")
    found = verdict(ledger, record("a", attempt=2))
    assert (found.overlaps, found.charged) == ((), 1)


def test_a_run_that_began_before_the_other_process_died_overlaps(path: Path) -> None:
    begun = ("added a - 0 1 0", "begin a r1 1 7 1", "begin a r2 2 8 2")
    ledger = written(path, *begun, "died - - 0 7 3", "end a r2 2 8 4")
    assert verdict(ledger, record("a", attempt=2)).overlaps == ("a",)


def test_attempts_that_failed_by_themselves_are_not_charged_to_a_fault(path: Path) -> None:
    ledger = written(
        path, "added a - 0 1 0", "begin a r1 1 7 1", "fail a r1 1 7 2", "begin a r2 2 7 3", "end a r2 2 7 4"
    )
    assert verdict(ledger, record("a", attempt=2)).charged == 0
    assert verdict(ledger, record("a", attempt=3)).charged == 1


def test_the_return_is_timed_to_a_second_as_busy_as_half_of_those_before(path: Path) -> None:
    before = [f"end - r 1 7 {1 + number / 10}" for number in range(20)]
    trickle = ["end - r 1 7 6", "end - r 1 7 7.5"]
    after = [f"end - r 1 7 {9 + number / 10}" for number in range(20)]
    ledger = written(path, "begin - r 1 7 0", *before, "fault redis - 0 1 3", "back redis - 0 1 5", *trickle, *after)
    assert verdict(ledger).slowest == pytest.approx(4.0)


def test_a_load_that_only_trickles_to_its_end_is_not_back_before_that(path: Path) -> None:
    before = [f"end - r 1 7 {1 + number / 10}" for number in range(20)]
    trickle = [f"end - r 1 7 {6 + number}" for number in range(10)]
    ledger = written(path, "begin - r 1 7 0", *before, "fault redis - 0 1 3", "back redis - 0 1 5", *trickle)
    found = verdict(ledger)
    assert found.slowest == pytest.approx(10.0)
    assert found.is_back_within(10.1, at_least=1)
    assert not found.is_back_within(9.9, at_least=1)
    assert not found.is_back_within(10.1, at_least=2)


def test_a_load_that_has_ended_tells_nothing_of_the_return(path: Path) -> None:
    before = [f"end - r 1 7 {1 + number / 10}" for number in range(20)]
    ledger = written(path, "begin - r 1 7 0", *before, "fault redis - 0 1 3", "back redis - 0 1 5")
    assert verdict(ledger).resumed == (None,)
    assert not verdict(ledger).is_back_within(1000, at_least=1)


def test_what_is_left_behind_is_a_fault_although_nobody_lost_it(path: Path) -> None:
    ledger = written(path, "added a - 0 1 0", "begin a r1 1 7 1", "end a r1 1 7 2")
    found = judge(ledger, {"a": record("a")}, left=["3 jobs running"])
    assert found.faults == {"left": ("3 jobs running",)}
    assert "left 1 (3 jobs running)" in str(found)


def test_a_ledger_is_read_on_from_where_it_was_left_and_only_whole_lines(path: Path) -> None:
    pen = Pen(path)
    pen.write("added", "a")
    ledger = Ledger(path).refresh()
    pen.write("begin", "a", run="r1", attempt=1)
    with path.open("a") as file:
        file.write("end a r1 1")
    ledger.refresh()
    assert (ledger.added, [run.how for run in ledger.runs]) == ({"a"}, [""])
    with path.open("a") as file:
        file.write(" 7 5\n")
    assert ledger.refresh().finished == {"a"}
    pen.close()


def test_a_line_that_the_ledger_does_not_know_is_an_error(path: Path) -> None:
    with pytest.raises(ValueError, match="unknown kind: mumble"):
        written(path, "mumble a - 0 1 0")
