"""A cluster with jobs in it, moved by hand: no worker runs, so every state stays as the test has put it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from queueing import sync
from queueing.domain.failures import FailureGroup
from queueing.domain.job import Attempt, ErrorInfo, Frame, JobRecord, JobRef, LogLine, Progress
from queueing.domain.message import Incoming
from queueing.domain.options import JobOptions
from queueing.domain.ports import Report, Run, Settlement
from queueing.domain.reading import RunningJob, WorkerStatus
from queueing.domain.states import JobState
from queueing.runtime import Cluster
from queueing.worker.cataloguer import Cataloguer
from tests.eventually import eventually

OURS = Frame(
    file="shop/mail.py",
    line=12,
    function="send",
    ours=True,
    source=("    if busy:", "        raise Busy"),
    first_line=11,
)
LIBRARY = Frame(file="httpx/_client.py", line=99, function="post", ours=False)
BUSY = ErrorInfo(kind="shop.Busy", message="421 too busy", frames=(OURS, LIBRARY), fingerprint="f")


class Shop:
    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._tokens: dict[str, Run] = {}

    def add(
        self,
        type_: str = "send_email",
        payload: Any = None,
        options: JobOptions | None = None,
        *,
        queue: str = "email_jobs",
        by: str = "web-02:118",
        job_id: str | None = None,
    ) -> str:
        return sync.run(
            self.cluster.producer.add(queue, type_, payload or {"to": "mira"}, options, created_by=by, job_id=job_id)
        )

    def many(self, count: int, type_: str = "send_email", *, queue: str = "email_jobs") -> list[str]:
        return sync.run(self.cluster.producer.add_many(queue, type_, [{"n": n} for n in range(count)]))

    def job(self, job_id: str) -> JobRecord:
        record = sync.run(self.cluster.store.get(job_id))
        assert record is not None
        return record

    def exists(self, job_id: str) -> bool:
        return sync.run(self.cluster.store.get(job_id)) is not None

    def works(self, worker: str = "w-1", *, queues: tuple[str, ...] = ("email_jobs",), **more: Any) -> None:
        """A worker that has just given a sign of life."""
        status = worker_status(worker, queues=queues, **more)
        sync.run(self.cluster.store.beat(status, ttl=15.0))

    def start(self, job_id: str, *, worker: str = "w-1") -> str:
        self.works(worker)
        record = self.job(job_id)
        incoming = Incoming(spec=record.spec, epoch=record.epoch, attempt=record.attempt)
        [verdict] = sync.run(self.cluster.store.claim([incoming], worker=worker))
        assert isinstance(verdict, Run), verdict
        self._tokens[job_id] = verdict
        return job_id

    def say(self, job_id: str, *texts: str, progress: Progress | None = None) -> None:
        lines = tuple(LogLine(at=datetime.now(UTC), level="INFO", text=text, attempt=1) for text in texts)
        report = Report(ref=self._ref(job_id), token=self._tokens[job_id].token, progress=progress, log=lines)
        sync.run(self.cluster.store.report([report]))

    def end(
        self,
        job_id: str,
        outcome: JobState = JobState.SUCCEEDED,
        *,
        error: ErrorInfo | None = None,
        result: bytes | None = None,
        note: str | None = None,
        delay: float = 0.0,
    ) -> str:
        run, record = self._tokens[job_id], self.job(job_id)
        attempt = Attempt(
            number=run.attempt,
            epoch=record.epoch,
            worker=record.worker or "",
            started_at=run.started_at,
            ended_at=datetime.now(UTC),
            outcome=outcome,
            error=error,
            queued_at=run.queued_at,
        )
        settlement = Settlement(
            ref=self._ref(job_id), token=run.token, outcome=outcome, delay=delay, result=result, note=note,
            attempt=attempt,
        )  # fmt: skip
        [settled] = sync.run(self.cluster.store.settle([settlement]))
        assert settled is not None
        return job_id

    def fail(self, job_id: str, error: ErrorInfo = BUSY) -> str:
        return self.end(self.start(job_id), JobState.FAILED, error=error)

    def files(self, count: int = 1) -> list[FailureGroup]:
        """What the leader does: that many failures and more are in their groups."""
        return sync.run(self._file(count))

    async def _file(self, count: int) -> list[FailureGroup]:
        clerk = Cataloguer(self.cluster.store)

        async def filed() -> list[FailureGroup] | None:
            # What has failed in this very millisecond is left to the next pass.
            await clerk.tend()
            groups = await self.cluster.store.groups()
            return groups if sum(group.total for group in groups) >= count else None

        return await eventually(filed)

    def succeed(self, job_id: str, result: bytes = b'"ok"', note: str = "ok") -> str:
        return self.end(self.start(job_id), result=result, note=note)

    def _ref(self, job_id: str) -> JobRef:
        record = self.job(job_id)
        return JobRef(job_id, record.epoch)


def worker_status(worker: str = "w-1", *, queues: tuple[str, ...] = ("email_jobs",), **more: Any) -> WorkerStatus:
    now = datetime.now(UTC)
    known: dict[str, Any] = {
        "id": worker, "host": "app-01", "pid": 41, "version": "1", "queues": queues, "types": ("send_email",),
        "concurrency": 5, "running": (), "state": "running", "started_at": now - timedelta(hours=1), "beat_at": now,
        "rss": 50_000_000, "cpu": 0.1, "succeeded": 0, "failed": 0,
    }  # fmt: skip
    return WorkerStatus(**(known | more))


def running_job(job_id: str = "j") -> RunningJob:
    return RunningJob(id=job_id, type="send_email", queue="email_jobs", started_at=datetime.now(UTC))
