"""Why isn't it running? Every check of a waiting job, and the answer that counts. Policy only: time is an argument."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from queueing.domain.job import JobSummary
from queueing.domain.limits import Limit, Scope
from queueing.domain.reading import Health, QueueStatus, WorkerStatus
from queueing.domain.states import JobState


class Verdict(StrEnum):
    OK = "ok"
    INFO = "info"
    """It takes its time, and that is all."""
    WARN = "warn"
    ERROR = "error"
    """It will not start until somebody does something."""


GRAVEST_FIRST: Final = (Verdict.ERROR, Verdict.WARN, Verdict.INFO, Verdict.OK)


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that must hold before a job starts."""

    name: str
    verdict: Verdict
    text: str
    answer: str = ""
    """The whole sentence, where this check is what the job waits for."""
    at: datetime | None = None
    """The moment the text is about."""

    @property
    def hit(self) -> bool:
        return self.verdict is not Verdict.OK


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around a waiting job."""

    queue: QueueStatus | None
    workers: tuple[WorkerStatus, ...]
    """All of the cluster."""
    health: Health
    ahead: int
    """Queued jobs of its queue that have waited longer."""
    counted_to: int
    """Where counting them stopped."""

    pace: float = 0.0
    """Attempts of its queue that ended per second, lately. 0: none did."""
    limits: Mapping[Scope, Limit] = {}
    """All that are in force."""
    ahead_in_line: int | None = None
    """How many stand before it in the line of its limit; None: it stands in none."""

    def serving(self, queue: str) -> list[WorkerStatus]:
        return [worker for worker in self.workers if queue in worker.queues and worker.state != "gone"]


def checks(job: JobSummary, situation: Situation, *, now: datetime) -> tuple[Check, ...]:
    """Every check that can be made, in the order in which a job meets them."""
    made = (check(job, situation, now) for check in CHECKS)
    return tuple(check for check in made if check is not None)


def answer(checks: tuple[Check, ...]) -> Check | None:
    """What the job waits for: its time, while that has not come, else what stops it, else what delays it.
    None: nothing stands in its way."""
    hits = [check for check in checks if check.hit]
    early = next((check for check in hits if check.name == "Due"), None)
    return early or min(hits, key=lambda check: GRAVEST_FIRST.index(check.verdict), default=None)


def _due(job: JobSummary, situation: Situation, now: datetime) -> Check:
    if job.due_at is None or job.due_at <= now:
        return Check(name="Due", verdict=Verdict.OK, text="since", at=job.due_at or job.created_at)
    said = "Its next attempt is due" if job.state is JobState.RETRYING else "It is due"
    return Check(name="Due", verdict=Verdict.INFO, text="not before", answer=f"{said}", at=job.due_at)


def _servers(job: JobSummary, situation: Situation, now: datetime) -> Check:
    broker = situation.health.broker
    if broker.ok:
        return Check(name="Broker", verdict=Verdict.OK, text=f"{broker.name} answers")
    return Check(
        name="Broker",
        verdict=Verdict.ERROR,
        text=broker.detail or f"{broker.name} does not answer",
        answer=f"{broker.name} does not answer. No job starts until it is back.",
    )


def _message(job: JobSummary, situation: Situation, now: datetime) -> Check:
    name = situation.health.broker.name
    if not job.unconfirmed:
        return Check(name="Message", verdict=Verdict.OK, text=f"confirmed by {name}")
    return Check(
        name="Message",
        verdict=Verdict.WARN,
        text=f"in the outbox: {name} has not confirmed it yet",
        answer=f"Its message rests in the outbox: {name} has not confirmed it. A worker’s leader sends it again.",
    )


def _queue(job: JobSummary, situation: Situation, now: datetime) -> Check:
    queue = situation.queue
    if queue is None or not queue.paused:
        return Check(name="Queue", verdict=Verdict.OK, text=f"{job.queue} is not paused")
    by = f" by {queue.paused_by}" if queue.paused_by else ""
    return Check(
        name="Queue",
        verdict=Verdict.ERROR,
        text=f"{job.queue} is paused{by}",
        answer=f"The queue {job.queue} is paused{by}.",
    )


def _workers(job: JobSummary, situation: Situation, now: datetime) -> Check:
    serving = situation.serving(job.queue)
    taking = [worker for worker in serving if worker.state == "running"]
    if taking:
        take = _count(len(taking), "takes", "take")
        return Check(name="Workers", verdict=Verdict.OK, text=f"{take} from {job.queue}")
    if serving:
        states = " and ".join(sorted({str(worker.state) for worker in serving}))
        return Check(
            name="Workers",
            verdict=Verdict.ERROR,
            text=f"{_count(len(serving), 'serves', 'serve')} {job.queue}, and none takes jobs: {states}",
            answer=f"No worker of {job.queue} takes jobs now: {states}.",
        )
    return Check(
        name="Workers",
        verdict=Verdict.ERROR,
        text=f"none takes from {job.queue}",
        answer=f"No worker takes from {job.queue}.",
    )


def _type(job: JobSummary, situation: Situation, now: datetime) -> Check | None:
    serving = situation.serving(job.queue)
    knowing = [worker for worker in serving if job.type in worker.types]
    if not serving:
        return None
    if len(knowing) == len(serving):
        return Check(name="Type", verdict=Verdict.OK, text=f"known to every worker of {job.queue}")
    if knowing:
        return Check(
            name="Type",
            verdict=Verdict.WARN,
            text=f"{len(knowing)} of {len(serving)} workers know {job.type}; with the others it fails",
            answer=f"Only {len(knowing)} of {len(serving)} workers of {job.queue} know the type {job.type}.",
        )
    return Check(
        name="Type",
        verdict=Verdict.ERROR,
        text=f"no worker of {job.queue} knows {job.type}; it fails when it is taken",
        answer=f"No worker of {job.queue} knows the type {job.type}.",
    )


def _limit(job: JobSummary, situation: Situation, now: datetime) -> Check | None:
    scopes = (Scope("type", job.type), Scope("queue", job.queue))
    known = {scope: situation.limits[scope] for scope in scopes if scope in situation.limits}
    if job.turn_at is not None and job.turn_at > now:
        paces = " and ".join(f"{limit.pace} {_of(scope)}" for scope, limit in known.items() if limit.pace)
        said = f" ({paces})" if paces else ""
        return Check(
            name="Limit",
            verdict=Verdict.INFO,
            text=f"not before its turn{said}:",
            answer=f"By its limit{said} its turn is at",
            at=job.turn_at,
        )
    stopped = next((scope for scope in known if scope.kind == job.limited_by), None)
    if stopped is not None:
        before = situation.ahead_in_line or 0
        limit = f"{known[stopped]} {_of(stopped)}"
        return Check(
            name="Limit",
            verdict=Verdict.WARN,
            text=f"{limit}; {before:,} before it",
            answer=f"It waits for a limit: {limit}; {_count(before, 'job is', 'jobs are')} before it.",
        )
    if not known:
        return None
    text = " and ".join(f"{limit} {_of(scope)}" for scope, limit in known.items())
    return Check(name="Limit", verdict=Verdict.OK, text=text)


def _of(scope: Scope) -> str:
    return f"of {scope.kind} {scope.name}"


def _trial(job: JobSummary, situation: Situation, now: datetime) -> Check | None:
    if not job.losses:
        return None
    workers = _count(job.losses, "worker was", "workers were")
    return Check(
        name="Lost",
        verdict=Verdict.INFO,
        text=f"{workers} lost with it in a row",
        answer=f"{workers[0].upper()}{workers[1:]} lost with it in a row. A worker tries one such job at a time.",
    )


def _slots(job: JobSummary, situation: Situation, now: datetime) -> Check | None:
    taking = [worker for worker in situation.serving(job.queue) if worker.state == "running"]
    busy, slots = sum(len(worker.running) for worker in taking), sum(worker.concurrency for worker in taking)
    if not slots:
        return None
    if busy < slots:
        return Check(name="Slots", verdict=Verdict.OK, text=f"{slots - busy} of {slots} are free")
    return Check(
        name="Slots",
        verdict=Verdict.WARN,
        text=f"all {slots} are busy",
        answer=f"All {slots} slots of the workers of {job.queue} are busy.",
    )


def _line(job: JobSummary, situation: Situation, now: datetime) -> Check:
    if job.state is not JobState.QUEUED or not situation.ahead:
        text = "it is next" if job.state is JobState.QUEUED else "not in line yet"
        return Check(name="Place in line", verdict=Verdict.OK, text=text)
    more = "or more " if situation.ahead >= situation.counted_to else ""
    jobs = "job has" if situation.ahead == 1 else "jobs have"
    turn = f" At the pace of the last minutes its turn comes in {_drain(situation)}." if situation.pace else ""
    return Check(
        name="Place in line",
        verdict=Verdict.INFO,
        text=f"{situation.ahead:,} {more}ahead in {job.queue}" + (f", {_drain(situation)}" if situation.pace else ""),
        answer=f"{situation.ahead:,} {more}{jobs} waited longer in {job.queue}.{turn}",
    )


def _drain(situation: Situation) -> str:
    """How long those ahead take at the pace of late; at least that long where they were not counted to their end."""
    seconds = situation.ahead / situation.pace
    least = "at least " if situation.ahead >= situation.counted_to else "about "
    if seconds < 90:
        return f"{least}{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{least}{round(seconds / 60)} min"
    return f"{least}{round(seconds / 3600):,} h"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


CHECKS: Final[tuple[Callable[[JobSummary, Situation, datetime], Check | None], ...]] = (
    _due,
    _servers,
    _message,
    _queue,
    _workers,
    _type,
    _limit,
    _trial,
    _slots,
    _line,
)
