from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from queueing.domain.attention import Concern, Standing, concerns
from queueing.domain.reading import Health, LaneCount, Minute, QueueStatus, ServerHealth, WorkerStatus
from queueing.domain.states import JobState

NOW = datetime(2026, 11, 24, 10, 42, tzinfo=UTC)
HEALTH = Health(
    broker=ServerHealth(name="RabbitMQ", ok=True), store=ServerHealth(name="Redis", ok=True), leader="w-1", outbox=0
)
WORKER = WorkerStatus(
    id="w-1", host="app", pid=1, version="1", queues=("media",), types=("transcode",), concurrency=2, running=(),
    state="running", started_at=NOW, beat_at=NOW, rss=0, cpu=0.0, succeeded=0, failed=0,
)  # fmt: skip


def queue(waiting: int = 9, **changes: Any) -> QueueStatus:
    counts = dict.fromkeys(JobState, 0) | {JobState.QUEUED: waiting}
    known = QueueStatus(
        name="media", counts=counts, types=(LaneCount(queue="media", type="transcode", counts=counts),), paused=False,
        paused_by="", depth=None, oldest_waiting=NOW - timedelta(seconds=3), workers=1,
    )  # fmt: skip
    return msgspec.structs.replace(known, **changes)


def minutes(*failed: int, succeeded: int = 100) -> list[Minute]:
    first = NOW - timedelta(minutes=len(failed))
    return [
        Minute(at=first + timedelta(minutes=n), succeeded=succeeded - bad, failed=bad) for n, bad in enumerate(failed)
    ]


def found(**given: Any) -> list[Concern]:
    return concerns(Standing(**({"health": HEALTH, "workers": [WORKER]} | given)), now=NOW)


def kinds(**given: Any) -> list[str]:
    return [concern.kind for concern in found(**given)]


def test_nothing_needs_attention_where_all_is_well() -> None:
    assert found(queues=[queue()], minutes=minutes(*[1] * 60)) == []


def test_a_queue_with_jobs_and_no_worker_is_an_error() -> None:
    [concern] = found(queues=[queue()], workers=[])
    assert (concern.kind, concern.tone, concern.subject) == ("no_worker", "error", "media")
    assert concern.text == "has 9 jobs and no worker that takes from it."
    assert concern.since == NOW - timedelta(seconds=3)


def test_a_queue_without_jobs_needs_no_worker() -> None:
    assert found(queues=[queue(0)], workers=[]) == []


def test_a_dead_worker_does_not_count_as_one() -> None:
    gone = msgspec.structs.replace(WORKER, state="gone")
    assert kinds(queues=[queue()], workers=[gone]) == ["no_worker", "silent"]


def test_queues_that_nobody_takes_from_are_one_concern_where_there_is_no_worker() -> None:
    names = [queue(name=f"q-{n}", oldest_waiting=NOW - timedelta(seconds=n)) for n in range(3)]
    [concern] = found(queues=[*names, queue(0, name="empty")], workers=[])
    assert (concern.kind, concern.tone, concern.subject) == ("no_workers", "error", "No worker runs:")
    assert concern.text == "27 jobs in 3 queues wait for one."
    assert concern.since == NOW - timedelta(seconds=2)
    assert kinds(queues=[*names, queue(paused=True)], workers=[]) == ["no_workers", "paused"]


def test_a_few_queues_that_nobody_takes_from_are_told_one_by_one_where_others_are_served() -> None:
    names = [queue(name=f"q-{n}") for n in range(4)]
    assert kinds(queues=[queue(), *names[:3]]) == ["no_worker"] * 3
    [concern] = found(queues=[queue(), *names])
    assert (concern.subject, concern.text) == ("4 queues", "have 36 jobs and no worker that takes from them.")


def test_many_workers_that_went_silent_are_one_concern() -> None:
    gone = [msgspec.structs.replace(WORKER, id=f"w-{n}", state="gone") for n in range(4)]
    assert [concern.subject for concern in found(workers=gone[:3])] == ["w-0", "w-1", "w-2"]
    [concern] = found(workers=gone)
    assert (concern.kind, concern.subject, concern.since) == ("silent", "4 workers", WORKER.beat_at)
    assert concern.text.startswith("went silent.")


def test_a_paused_queue_with_jobs_says_who_paused_it() -> None:
    [concern] = found(queues=[queue(paused=True, paused_by="mira")])
    assert (concern.kind, concern.text) == ("paused", "is paused by mira and 9 jobs wait.")


def test_workers_that_are_all_quiet_are_an_error() -> None:
    assert kinds(queues=[queue()], workers=[msgspec.structs.replace(WORKER, state="quiet")]) == ["idle_workers"]


def test_a_type_that_no_worker_knows_is_an_error() -> None:
    assert kinds(queues=[queue()], workers=[msgspec.structs.replace(WORKER, types=())]) == ["unknown_type"]


def test_a_queue_that_is_far_behind_is_worth_a_look() -> None:
    assert kinds(queues=[queue(oldest_waiting=NOW - timedelta(minutes=11))]) == ["slow"]


def test_failures_that_rise_are_news_and_steady_ones_are_not() -> None:
    assert kinds(minutes=minutes(*[1] * 55, *[60] * 5)) == ["failing"]
    assert kinds(minutes=minutes(*[60] * 60)) == []


def test_a_handful_of_failures_calls_nobody() -> None:
    assert kinds(minutes=minutes(0, 0, 0, 0, 4, succeeded=4)) == []


def test_what_failed_before_is_told_where_there_was_a_before() -> None:
    assert "up from 1.0 %" in found(minutes=minutes(*[1] * 55, *[60] * 5))[0].text
    assert "up from" not in found(minutes=minutes(*[60] * 5))[0].text


def test_servers_that_are_down_come_first() -> None:
    down = msgspec.structs.replace(
        HEALTH, broker=ServerHealth(name="RabbitMQ", ok=False, detail="RabbitMQ refuses connections."), outbox=3812
    )
    broker, outbox, *_ = found(health=down, queues=[queue(paused=True)])
    assert (broker.kind, broker.text) == ("broker", "refuses connections.")
    assert outbox.text == "holds 3,812 jobs that RabbitMQ has not confirmed. They are sent when it returns."


def test_messages_on_their_way_are_no_concern_until_they_are_stuck() -> None:
    busy = msgspec.structs.replace(HEALTH, outbox=40)
    assert kinds(health=busy) == []
    assert kinds(health=busy, stuck=True) == ["outbox"]


def test_workers_without_a_leader_are_a_concern() -> None:
    assert kinds(health=msgspec.structs.replace(HEALTH, leader=None)) == ["leaderless"]


def test_errors_come_before_warnings() -> None:
    other = msgspec.structs.replace(queue(50, paused=True), name="search")
    assert kinds(queues=[other, queue()], workers=[msgspec.structs.replace(WORKER, queues=())]) == [
        "no_worker",
        "paused",
    ]
