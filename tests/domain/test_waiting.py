from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from queueing.domain.job import JobSummary
from queueing.domain.limits import Limit, Scope
from queueing.domain.reading import Health, QueueStatus, RunningJob, ServerHealth, WorkerStatus
from queueing.domain.states import JobState
from queueing.domain.waiting import Check, Situation, Verdict, answer, checks

NOW = datetime(2026, 11, 24, 10, 42, 18, tzinfo=UTC)
OK = ServerHealth(name="RabbitMQ", ok=True)
HEALTH = Health(broker=OK, store=ServerHealth(name="Redis", ok=True), leader="w-1", outbox=0)
JOB = JobSummary(
    id="j", queue="media", type="transcode", state=JobState.QUEUED, epoch=1, version=1, attempt=0, max_attempts=3,
    created_at=NOW - timedelta(minutes=5), due_at=NOW - timedelta(minutes=5),
)  # fmt: skip
QUEUE = QueueStatus(
    name="media", counts={}, types=(), paused=False, paused_by="", depth=None, oldest_waiting=None, workers=1
)
WORKER = WorkerStatus(
    id="w-1", host="app", pid=1, version="1", queues=("media",), types=("transcode",), concurrency=2, running=(),
    state="running", started_at=NOW, beat_at=NOW, rss=0, cpu=0.0, succeeded=0, failed=0,
)  # fmt: skip
BUSY = RunningJob(id="x", type="transcode", queue="media", started_at=NOW)


def ask(job: JobSummary = JOB, **changes: Any) -> tuple[tuple[Check, ...], Check | None]:
    around = {"queue": QUEUE, "workers": (WORKER,), "health": HEALTH, "ahead": 0, "counted_to": 1000} | changes
    found = checks(job, Situation(**around), now=NOW)
    return found, answer(found)


def job(**changes: Any) -> JobSummary:
    return msgspec.structs.replace(JOB, **changes)


def worker(**changes: Any) -> WorkerStatus:
    return msgspec.structs.replace(WORKER, **changes)


def sentence(found: tuple[tuple[Check, ...], Check | None]) -> str:
    _, hit = found
    assert hit is not None
    return hit.answer


def test_nothing_stands_in_its_way_where_all_is_well() -> None:
    found, hit = ask()
    assert hit is None
    assert {check.verdict for check in found} == {Verdict.OK}


@pytest.mark.parametrize("state", [JobState.SCHEDULED, JobState.RETRYING])
def test_a_job_whose_time_has_not_come_waits_for_its_time(state: JobState) -> None:
    _, hit = ask(job(state=state, due_at=NOW + timedelta(minutes=2)))
    assert hit is not None
    assert (hit.name, hit.at) == ("Due", NOW + timedelta(minutes=2))


def test_its_time_is_the_answer_even_where_more_is_wrong() -> None:
    found, hit = ask(job(state=JobState.SCHEDULED, due_at=NOW + timedelta(hours=2)), workers=())
    assert hit is not None
    assert hit.name == "Due"
    assert any(check.verdict is Verdict.ERROR for check in found)


def test_a_paused_queue_says_who_paused_it() -> None:
    paused = msgspec.structs.replace(QUEUE, paused=True, paused_by="mira")
    assert sentence(ask(queue=paused)) == "The queue media is paused by mira."


def test_no_worker_takes_from_the_queue() -> None:
    found = ask(workers=(worker(queues=("other",)), worker(state="gone")))
    assert sentence(found) == "No worker takes from media."
    assert not {"Type", "Slots"} & {check.name for check in found[0]}


def test_quiet_workers_take_nothing() -> None:
    assert sentence(ask(workers=(worker(state="quiet"),))) == "No worker of media takes jobs now: quiet."


def test_no_worker_knows_the_type() -> None:
    assert sentence(ask(workers=(worker(types=("other",)),))) == "No worker of media knows the type transcode."


def test_some_workers_know_the_type() -> None:
    _, hit = ask(workers=(WORKER, worker(types=())))
    assert hit is not None
    assert (hit.name, hit.verdict) == ("Type", Verdict.WARN)


def test_all_slots_are_busy() -> None:
    assert sentence(ask(workers=(worker(running=(BUSY, BUSY)),))) == "All 2 slots of the workers of media are busy."


def test_jobs_ahead_are_counted_up_to_a_limit() -> None:
    assert sentence(ask(ahead=1)) == "1 job has waited longer in media."
    assert sentence(ask(ahead=1000)) == "1,000 or more jobs have waited longer in media."


def test_a_message_in_the_outbox_has_not_been_confirmed() -> None:
    _, hit = ask(job(unconfirmed=True))
    assert hit is not None
    assert hit.name == "Message"


def test_a_broker_that_is_down_comes_before_everything_that_follows_from_it() -> None:
    down = msgspec.structs.replace(HEALTH, broker=ServerHealth(name="RabbitMQ", ok=False, detail="refused"))
    found, _ = answered = ask(job(unconfirmed=True), health=down)
    assert sentence(answered).startswith("RabbitMQ does not answer.")
    assert next(check.text for check in found if check.name == "Broker") == "refused"


def test_an_error_outweighs_a_delay() -> None:
    _, hit = ask(ahead=5, queue=msgspec.structs.replace(QUEUE, paused=True))
    assert hit is not None
    assert hit.name == "Queue"


def test_a_limit_that_stops_nobody_is_named() -> None:
    found, hit = ask(
        limits={Scope("type", "transcode"): Limit(concurrent=2), Scope("type", "other"): Limit(concurrent=1)}
    )
    assert hit is None
    assert next(check.text for check in found if check.name == "Limit") == "2 at a time of type transcode"


def test_a_job_in_the_line_of_a_limit_says_how_many_are_before_it() -> None:
    limits = {Scope("type", "transcode"): Limit(concurrent=2), Scope("queue", "media"): Limit(rate=100, per=60)}
    found = ask(job(limited_by="type"), limits=limits, ahead_in_line=14, ahead=3)
    assert sentence(found) == "It waits for a limit: 2 at a time of type transcode; 14 jobs are before it."
    assert (
        next(check.text for check in found[0] if check.name == "Limit") == "2 at a time of type transcode; 14 before it"
    )
    found = ask(job(limited_by="queue"), limits=limits, ahead_in_line=1)
    assert sentence(found) == "It waits for a limit: 100 per 60 s of queue media; 1 job is before it."


def test_a_job_whose_turn_has_been_given_says_when() -> None:
    turn = NOW + timedelta(seconds=1)
    limits = {Scope("queue", "media"): Limit(rate=100, per=60, concurrent=5)}
    _, hit = ask(job(turn_at=turn), limits=limits)
    assert hit is not None
    assert (hit.answer, hit.at) == ("By its limit (100 per 60 s of queue media) its turn comes", turn)
    assert ask(job(turn_at=NOW - timedelta(seconds=1)), limits=limits)[1] is None, "its message is on its way"


def test_a_job_that_was_lost_with_its_workers_says_so() -> None:
    assert sentence(ask(job(losses=2))).startswith("2 workers were lost with it in a row.")


@pytest.mark.parametrize(
    ("ahead", "pace", "said"),
    [
        (10, 2.0, "about 5 s"),
        (1, 50.0, "about 1 s"),
        (600, 1.0, "about 10 min"),
        (1000, 0.1, "at least 3 h"),
    ],
)
def test_a_job_in_line_is_told_how_long_those_ahead_take(ahead: int, pace: float, said: str) -> None:
    assert f"its turn comes in {said}." in sentence(ask(ahead=ahead, pace=pace))


def test_where_nothing_ended_lately_no_time_is_made_up() -> None:
    assert sentence(ask(ahead=3)) == "3 jobs have waited longer in media."
