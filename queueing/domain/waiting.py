"""Why isn't it running? Every check of a waiting job, and the answer that counts. Policy only: time is an argument."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from queueing.domain.job import JobSummary
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
    return Check(
        name="Place in line",
        verdict=Verdict.INFO,
        text=f"{situation.ahead:,} {more}ahead in {job.queue}",
        answer=f"{situation.ahead:,} {more}{jobs} waited longer in {job.queue}.",
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


CHECKS: Final[tuple[Callable[[JobSummary, Situation, datetime], Check | None], ...]] = (
    _due,
    _servers,
    _message,
    _queue,
    _workers,
    _type,
    _slots,
    _line,
)
