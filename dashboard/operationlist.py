"""Operations as the console shows them: how far each is, and who runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

from django.utils import timezone

from dashboard import engine
from dashboard.bulk.acts import ACTS, BulkAct
from dashboard.bulk.chosen import QUEUE
from dashboard.bulk.records import Operation
from queueing.domain.job import JobSummary
from queueing.domain.states import JobState
from queueing.errors import LeveretError
from queueing.inspector import Inspector

State = Operation.State
Runner: TypeAlias = Literal["", "runs", "soon", "unserved", "waits", "again", "gone", "unknown"]
LATE = timedelta(seconds=3)
"""A start within this time after it was due is in time."""
LEFT_OUT = 20
"""Skipped jobs that the page shows; the export has them all."""
TONES = {
    State.WAITING: ("is-info", "arrow-back-up"),
    State.RUNNING: ("is-info", "player-play"),
    State.PAUSED: ("is-warn", "player-pause"),
    State.DONE: ("is-ok", "circle-check"),
    State.CANCELLED: ("is-off", "ban"),
    State.UNDONE: ("is-off", "arrow-back-up"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    operation: Operation
    runner: Runner = ""
    job: JobSummary | None = None
    """The job that runs it."""

    @property
    def act(self) -> BulkAct:
        return ACTS[self.operation.act]

    @property
    def state(self) -> str:
        return self.operation.state

    @property
    def tone(self) -> str:
        return TONES[State(self.operation.state)][0]

    @property
    def icon(self) -> str:
        return TONES[State(self.operation.state)][1]

    @property
    def is_active(self) -> bool:
        return self.operation.state in (State.WAITING, State.RUNNING, State.PAUSED)

    @property
    def is_due(self) -> bool:
        """Its time for an undo is over, and nobody has begun it."""
        begins = self.operation.begins_at
        return self.operation.state == State.WAITING and begins is not None and begins + LATE < timezone.now()

    @property
    def share(self) -> float:
        return 100 * self.operation.treated / self.operation.total if self.operation.total else 100.0

    @property
    def seconds_left(self) -> float | None:
        """At its present speed; None where that means nothing."""
        if self.runner != "runs" or not self.operation.speed:
            return None
        return self.operation.left / self.operation.speed

    @property
    def parts(self) -> list[tuple[str, float]]:
        found = self.operation
        return [("succeeded", found.done), ("cancelled", found.skipped), ("rest", found.left)]


def shown(operations: Sequence[Operation]) -> list[Shown]:
    """With who runs those that are under way."""
    under_way = [found for found in operations if found.state in (State.RUNNING, State.WAITING)]
    if not under_way:
        return [Shown(found) for found in operations]
    try:
        jobs, served = engine.look(lambda inspector: _runners(inspector, [found.job_id for found in under_way]))
    except LeveretError:
        return [Shown(found, "unknown" if found in under_way else "") for found in operations]
    by_id = dict(zip((found.pk for found in under_way), jobs, strict=True))
    return [
        Shown(found, _runner(found, by_id[found.pk], served), by_id[found.pk]) if found.pk in by_id else Shown(found)
        for found in operations
    ]


async def _runners(inspector: Inspector, ids: Sequence[str]) -> tuple[list[JobSummary | None], bool]:
    jobs, workers = await inspector.summaries(ids), await inspector.workers()
    return jobs, any(QUEUE in worker.queues for worker in workers if worker.state == "running")


def _runner(operation: Operation, job: JobSummary | None, served: bool) -> Runner:
    if job is None or job.state.is_finished:
        return "gone"
    if job.state is JobState.RUNNING:
        return "runs"
    if not served:
        return "unserved"
    if job.state is JobState.RETRYING:
        return "again" if operation.state == State.RUNNING else "soon"
    return "soon" if job.state is JobState.SCHEDULED else "waits"


@dataclass(frozen=True, slots=True)
class LeftOut:
    id: str
    why: str
    at: object
    job: JobSummary | None


def left_out(operation: Operation) -> list[LeftOut]:
    """Those that were skipped last."""
    found: list[LeftOut] = []
    for chunk in operation.chunks.filter(skipped__gt=0).order_by("-number")[:LEFT_OUT]:
        ids = chunk.jobs
        found += [LeftOut(ids[int(place)], why, chunk.done_at, None) for place, why in chunk.why.items()]
        if len(found) >= LEFT_OUT:
            break
    found = found[:LEFT_OUT]
    try:
        jobs = engine.look(lambda inspector: inspector.summaries([one.id for one in found]))
    except LeveretError:
        return found
    return [LeftOut(one.id, one.why, one.at, job) for one, job in zip(found, jobs, strict=True)]
