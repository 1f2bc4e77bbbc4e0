"""What an operator should look at first. Policy only: time is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from queueing.domain.reading import Health, Minute, QueueStatus, ServerHealth, WorkerStatus
from queueing.domain.saying import Figure, Said, both, foreign, number, say, say_in, say_many, together
from queueing.domain.states import JobState

SLOW: Final = timedelta(minutes=10)
"""A queued job that waits longer than this is worth a look."""
RECENT: Final = 5
"""Minutes that are compared with those before."""
LEAST_FAILURES: Final = 5
RISING: Final = 3.0
"""So many times as often as before."""
FEW: Final = 3
"""More silent workers, and more queues that nobody takes from, are told together."""
WORTH_A_LOOK: Final = 0.1
"""Below this share of failures nobody is called."""

Kind = Literal[
    "broker", "store", "outbox", "failing", "no_worker", "no_workers", "idle_workers", "unknown_type", "paused", "slow",
    "silent", "leaderless",
]  # fmt: skip


class Concern(msgspec.Struct, frozen=True, kw_only=True):
    kind: Kind
    tone: Literal["error", "warn"]
    subject: str = ""
    """The queue, worker or server it is about; the page sets it off from the text."""
    text: Said
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
                text=say("No worker leads. Outbox, schedules and jobs of dead workers are not looked after."),
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
        holds = say_many(
            "holds %(number)s job that %(server)s has not confirmed.",
            "holds %(number)s jobs that %(server)s has not confirmed.",
            health.outbox,
            server=health.broker.name,
        )
        back = say("They are sent when it returns.")
        sent = back if not health.broker.ok else say("They are sent again by the leader.")
        yield Concern(kind="outbox", tone="warn", subject=say("Outbox"), text=together(holds, sent))


def _down(kind: Literal["broker", "store"], server: ServerHealth) -> Concern:
    detail = server.detail
    text = detail.after(server.name) if isinstance(detail, Said) else foreign(detail.removeprefix(server.name).lstrip())
    return Concern(kind=kind, tone="error", subject=server.name, text=text or say("does not answer."))


def _failing(minutes: Sequence[Minute]) -> Iterator[Concern]:
    """A steady share of failures is the team's normal; a rise is news."""
    recent, before = minutes[-RECENT:], minutes[:-RECENT]
    failed, share = _failures(recent)
    _, usual = _failures(before)
    if failed < LEAST_FAILURES or share < WORTH_A_LOOK or share < RISING * usual:
        return
    now = {"share": _percent(share), "minutes": number(RECENT)}
    text = say("%(share)s of jobs that ended in the last %(minutes)s min failed.", **now)
    if any(_ended(minute) for minute in before):
        text = say(
            "%(share)s of jobs that ended in the last %(minutes)s min failed, up from %(usual)s.",
            usual=_percent(usual),
            **now,
        )
    yield Concern(
        kind="failing",
        tone="error",
        text=text,
        since=next((minute.at for minute in recent if minute.failed), None),
    )


def _failures(minutes: Iterable[Minute]) -> tuple[int, float]:
    minutes = tuple(minutes)
    failed, ended = sum(minute.failed for minute in minutes), sum(map(_ended, minutes))
    return failed, failed / ended if ended else 0.0


def _ended(minute: Minute) -> int:
    return minute.succeeded + minute.failed


def _percent(share: float) -> Figure:
    return Figure(f"{share * 100:.1f} %" if 0 < share < 0.1 else f"{share * 100:.0f} %")


def _queues(standing: Standing, now: datetime) -> Iterator[Concern]:
    queues = [queue for queue in standing.queues if queue.counts[JobState.QUEUED]]
    alive = _alive(standing.workers)
    unserved = [queue for queue in queues if not queue.paused and not _serving(queue, alive)]
    if len(unserved) > (FEW if alive else 1):
        yield _unserved(unserved, any_worker=bool(alive))
        queues = [queue for queue in queues if queue not in unserved]
    for queue in sorted(queues, key=lambda queue: -queue.counts[JobState.QUEUED]):
        concern = _queue(queue, queue.counts[JobState.QUEUED], alive, now)
        if concern is not None:
            yield concern


def _unserved(queues: Sequence[QueueStatus], *, any_worker: bool) -> Concern:
    """Where nobody works, a line for each queue would say the same many times."""
    jobs = sum(queue.counts[JobState.QUEUED] for queue in queues)
    names = number(len(queues))
    if any_worker:
        subject = say("%(queues)s queues", queues=names)
        text = say("have %(number)s jobs and no worker that takes from them.", number=number(jobs))
    else:
        subject = say("No worker runs:")
        text = say("%(number)s jobs in %(queues)s queues wait for one.", number=number(jobs), queues=names)
    since = min((queue.oldest_waiting for queue in queues if queue.oldest_waiting), default=None)
    return Concern(kind="no_workers", tone="error", subject=subject, text=text, since=since)


def _serving(queue: QueueStatus, alive: Sequence[WorkerStatus]) -> list[WorkerStatus]:
    return [worker for worker in alive if queue.name in worker.queues]


def _queue(queue: QueueStatus, waiting: int, alive: Sequence[WorkerStatus], now: datetime) -> Concern | None:
    since = queue.oldest_waiting
    if queue.paused:
        return Concern(kind="paused", tone="warn", subject=queue.name, text=_paused(queue, waiting), since=since)
    serving = _serving(queue, alive)
    if not serving:
        text = say_many(
            "has %(number)s job and no worker that takes from it.",
            "has %(number)s jobs and no worker that takes from it.",
            waiting,
        )
        return Concern(kind="no_worker", tone="error", subject=queue.name, text=text, since=since)
    if not any(worker.state == "running" for worker in serving):
        text = say_many(
            "has %(number)s job, and its %(workers)s workers take none: %(states)s.",
            "has %(number)s jobs, and its %(workers)s workers take none: %(states)s.",
            waiting,
            workers=number(len(serving)),
            states=states(serving),
        )
        return Concern(kind="idle_workers", tone="error", subject=queue.name, text=text, since=since)
    unknown = [
        lane.type
        for lane in queue.types
        if lane.counts.get(JobState.QUEUED) and not any(lane.type in worker.types for worker in serving)
    ]
    if unknown:
        text = say(
            "has jobs of a type that none of its workers knows: %(types)s. They fail when taken.",
            types=", ".join(unknown[:3]),
        )
        return Concern(kind="unknown_type", tone="error", subject=queue.name, text=text)
    if since is not None and now - since > SLOW:
        text = say_many(
            "is behind: %(number)s job waits, for longer than %(minutes)s min.",
            "is behind: %(number)s jobs wait, the first of them for longer than %(minutes)s min.",
            waiting,
            minutes=number(SLOW.seconds // 60),
        )
        return Concern(kind="slow", tone="warn", subject=queue.name, text=text, since=since)
    return None


def _paused(queue: QueueStatus, waiting: int) -> Said:
    if queue.paused_by:
        return say_many(
            "is paused by %(who)s and %(number)s job waits.",
            "is paused by %(who)s and %(number)s jobs wait.",
            waiting,
            who=queue.paused_by,
        )
    return say_many("is paused and %(number)s job waits.", "is paused and %(number)s jobs wait.", waiting)


def _workers(workers: Sequence[WorkerStatus]) -> Iterator[Concern]:
    """A host that fell takes all its workers with it: many are one concern."""
    gone = [worker for worker in workers if worker.state == "gone"]
    if len(gone) > FEW:
        held = sum(len(worker.running) for worker in gone)
        jobs = say_many("Their job is handed to others.", "Their %(number)s jobs are handed to others.", held)
        last = max(worker.beat_at for worker in gone)
        many = say_many("%(number)s worker", "%(number)s workers", len(gone))
        yield Concern(
            kind="silent",
            tone="warn",
            subject=many,
            text=_silent(held, jobs, say_in("many", "went silent.")),
            since=last,
        )
        return
    for worker in gone:
        held = len(worker.running)
        jobs = say_many("Its job is handed to others.", "Its %(number)s jobs are handed to others.", held)
        yield Concern(
            kind="silent",
            tone="warn",
            subject=worker.id,
            text=_silent(held, jobs, say("went silent.")),
            since=worker.beat_at,
        )


def _silent(held: int, jobs: Said, went: Said) -> Said:
    return together(went, jobs) if held else went


def _alive(workers: Sequence[WorkerStatus]) -> list[WorkerStatus]:
    return [worker for worker in workers if worker.state != "gone"]


def states(workers: Sequence[WorkerStatus]) -> Said:
    """quiet and stopping."""
    return both(say_in("state of a worker", state) for state in sorted({str(worker.state) for worker in workers}))
