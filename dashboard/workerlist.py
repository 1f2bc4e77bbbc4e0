"""Workers as the console shows them, and the jobs that they run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from queueing.domain.job import JobSummary
from queueing.domain.reading import RunningJob, WorkerStatus

RUNNING_SHOWN = 100
"""Running jobs on the page of all workers; one worker's are all shown."""
TONES = {"running": "is-ok", "quiet": "is-warn", "stopping": "is-warn", "gone": "is-off"}


@dataclass(frozen=True, slots=True)
class Shown:
    status: WorkerStatus
    twin: str = ""
    """The end of its id, where another worker is in the same process."""

    @property
    def tone(self) -> str:
        return TONES[self.status.state]

    @property
    def busy(self) -> int:
        return len(self.status.running)

    @property
    def is_gone(self) -> bool:
        return self.status.state == "gone"

    @property
    def cpu(self) -> int:
        """Percent of one core."""
        return round(self.status.cpu * 100)

    @property
    def done(self) -> int:
        return self.status.succeeded + self.status.failed

    @property
    def more_queues(self) -> int:
        return max(0, len(self.status.queues) - 2)


@dataclass(frozen=True, slots=True)
class Run:
    """A job on a worker; ``summary`` is None where it has ended, or gone, since the worker's last heartbeat."""

    job: RunningJob
    worker: WorkerStatus
    summary: JobSummary | None

    @property
    def started_at(self) -> datetime:
        return self.job.started_at


@dataclass(frozen=True, slots=True)
class Totals:
    workers: int
    busy: int
    slots: int
    cpu: int
    """Percent, the mean of the workers'."""
    rss: int
    leader: WorkerStatus | None

    @classmethod
    def of(cls, workers: Sequence[Shown]) -> Totals:
        live = [worker for worker in workers if not worker.is_gone]
        # Workers of one process report the memory of that process, each.
        processes = {(worker.status.host, worker.status.pid): worker.status.rss for worker in live}
        return cls(
            workers=len(live),
            busy=sum(worker.busy for worker in live),
            slots=sum(worker.status.concurrency for worker in live),
            cpu=round(sum(worker.cpu for worker in live) / len(live)) if live else 0,
            rss=sum(processes.values()),
            leader=next((worker.status for worker in live if worker.status.leader), None),
        )


def shown(workers: Sequence[WorkerStatus]) -> list[Shown]:
    beside = Counter((worker.host, worker.pid) for worker in workers)
    return [Shown(worker, worker.id[-4:] if beside[worker.host, worker.pid] > 1 else "") for worker in workers]


def longest_running(workers: Sequence[Shown]) -> list[tuple[RunningJob, WorkerStatus]]:
    runs = [(job, worker.status) for worker in workers for job in worker.status.running]
    return sorted(runs, key=lambda run: run[0].started_at)
