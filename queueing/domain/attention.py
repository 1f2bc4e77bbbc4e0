"""What an operator should look at first. Policy only: time is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from queueing.domain.reading import Health, Minute, QueueStatus, ServerHealth, WorkerStatus
from queueing.domain.states import JobState

SLOW: Final = timedelta(minutes=10)
"""A queued job that waits longer than this is worth a look."""
RECENT: Final = 5
"""Minutes that are compared with those before."""
LEAST_FAILURES: Final = 5
RISING: Final = 3.0
"""So many times as often as before."""
FEW: Final = 3
"""More silent workers are told together."""
WORTH_A_LOOK: Final = 0.1
"""Below this share of failures nobody is called."""

Kind = Literal[
    "broker", "store", "outbox", "failing", "no_worker", "idle_workers", "unknown_type", "paused", "slow", "silent",
    "leaderless",
]  # fmt: skip


class Concern(msgspec.Struct, frozen=True, kw_only=True):
    kind: Kind
    tone: Literal["error", "warn"]
    subject: str = ""
    """The queue, worker or server it is about; the page sets it off from the text."""
    text: str
    """Goes on after the subject."""
    since: datetime | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The cluster at one moment."""

    health: Health
    stuck: bool = False
    """Messages have waited in the outbox for longer than publishing takes."""
    queues: Sequence[QueueStatus] = ()
    workers: Sequence[WorkerStatus] = ()
    minutes: Sequence[Minute] = ()
    """The last hour or so, oldest first."""


def concerns(standing: Standing, *, now: datetime) -> list[Concern]:
    """Errors first; among equals what stops more comes first."""
    found = [*_servers(standing), *_failing(standing.minutes), *_queues(standing, now), *_workers(standing.workers)]
    if standing.health.leader is None and standing.health.store.ok and _alive(standing.workers):
        found.append(
            Concern(
                kind="leaderless",
                tone="warn",
                text="No worker leads. Outbox, schedules and jobs of dead workers are not looked after.",
            )
        )
    return sorted(found, key=lambda concern: concern.tone != "error")


def _servers(standing: Standing) -> Iterator[Concern]:
    health = standing.health
    if not health.store.ok:
        yield _down("store", health.store)
    if not health.broker.ok:
        yield _down("broker", health.broker)
    if health.outbox and (standing.stuck or not health.broker.ok):
        jobs = "1 job" if health.outbox == 1 else f"{health.outbox:,} jobs"
        text = f"holds {jobs} that {health.broker.name} has not confirmed."
        sent = "when it returns" if not health.broker.ok else "again by the leader"
        yield Concern(kind="outbox", tone="warn", subject="Outbox", text=f"{text} They are sent {sent}.")


def _down(kind: Literal["broker", "store"], server: ServerHealth) -> Concern:
    text = server.detail.removeprefix(server.name).lstrip() or "does not answer."
    return Concern(kind=kind, tone="error", subject=server.name, text=text)


def _failing(minutes: Sequence[Minute]) -> Iterator[Concern]:
    """A steady share of failures is the team's normal; a rise is news."""
    recent, before = minutes[-RECENT:], minutes[:-RECENT]
    failed, share = _failures(recent)
    _, usual = _failures(before)
    if failed < LEAST_FAILURES or share < WORTH_A_LOOK or share < RISING * usual:
        return
    was = f", up from {_percent(usual)}" if any(_ended(minute) for minute in before) else ""
    yield Concern(
        kind="failing",
        tone="error",
        text=f"{_percent(share)} of jobs that ended in the last {RECENT} min failed{was}.",
        since=next((minute.at for minute in recent if minute.failed), None),
    )


def _failures(minutes: Iterable[Minute]) -> tuple[int, float]:
    minutes = tuple(minutes)
    failed, ended = sum(minute.failed for minute in minutes), sum(map(_ended, minutes))
    return failed, failed / ended if ended else 0.0


def _ended(minute: Minute) -> int:
    return minute.succeeded + minute.failed


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %" if 0 < share < 0.1 else f"{share * 100:.0f} %"


def _queues(standing: Standing, now: datetime) -> Iterator[Concern]:
    for queue in sorted(standing.queues, key=lambda queue: -queue.counts[JobState.QUEUED]):
        waiting = queue.counts[JobState.QUEUED]
        if waiting:
            concern = _queue(queue, waiting, standing.workers, now)
            if concern is not None:
                yield concern


def _queue(queue: QueueStatus, waiting: int, workers: Sequence[WorkerStatus], now: datetime) -> Concern | None:
    jobs, since = ("1 job" if waiting == 1 else f"{waiting:,} jobs"), queue.oldest_waiting
    if queue.paused:
        by = f" by {queue.paused_by}" if queue.paused_by else ""
        return Concern(
            kind="paused", tone="warn", subject=queue.name, text=f"is paused{by} and {jobs} wait.", since=since
        )
    serving = [worker for worker in _alive(workers) if queue.name in worker.queues]
    if not serving:
        text = f"has {jobs} and no worker that takes from it."
        return Concern(kind="no_worker", tone="error", subject=queue.name, text=text, since=since)
    if not any(worker.state == "running" for worker in serving):
        text = f"has {jobs}, and its {len(serving)} workers take none: {_states(serving)}."
        return Concern(kind="idle_workers", tone="error", subject=queue.name, text=text, since=since)
    unknown = [
        lane.type
        for lane in queue.types
        if lane.counts.get(JobState.QUEUED) and not any(lane.type in worker.types for worker in serving)
    ]
    if unknown:
        text = f"has jobs of a type that none of its workers knows: {', '.join(unknown[:3])}. They fail when taken."
        return Concern(kind="unknown_type", tone="error", subject=queue.name, text=text)
    if since is not None and now - since > SLOW:
        text = f"is behind: {jobs} wait, the first of them for longer than {SLOW.seconds // 60} min."
        return Concern(kind="slow", tone="warn", subject=queue.name, text=text, since=since)
    return None


def _workers(workers: Sequence[WorkerStatus]) -> Iterator[Concern]:
    """A host that fell takes all its workers with it: many are one concern."""
    gone = [worker for worker in workers if worker.state == "gone"]
    if len(gone) > FEW:
        held = sum(len(worker.running) for worker in gone)
        jobs = f" Their {'job is' if held == 1 else f'{held} jobs are'} handed to others." if held else ""
        last = max(worker.beat_at for worker in gone)
        yield Concern(
            kind="silent", tone="warn", subject=f"{len(gone)} workers", text=f"went silent.{jobs}", since=last
        )
        return
    for worker in gone:
        held = len(worker.running)
        jobs = f" Its {'job is' if held == 1 else f'{held} jobs are'} handed to others." if held else ""
        yield Concern(kind="silent", tone="warn", subject=worker.id, text=f"went silent.{jobs}", since=worker.beat_at)


def _alive(workers: Sequence[WorkerStatus]) -> list[WorkerStatus]:
    return [worker for worker in workers if worker.state != "gone"]


def _states(workers: Sequence[WorkerStatus]) -> str:
    return " and ".join(sorted({str(worker.state) for worker in workers}))
