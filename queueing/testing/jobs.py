"""What a test sees of the queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import msgspec

from queueing import enqueuing, runtime, sync
from queueing.conf import ClusterConfig
from queueing.domain.job import JobRecord
from queueing.domain.reading import JobFilter
from queueing.jobs import Job
from queueing.runtime import Cluster
from queueing.testing.drain import Drain


class Jobs:
    """The jobs of one embedded cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._drain = Drain(cluster)

    def all(self, job: Job[Any, Any] | str | None = None, *, queue: str | None = None) -> list[JobRecord]:
        """Every job, or those of one type or queue, in the order in which they were enqueued."""
        wanted = JobFilter(types=(_name(job),) if job else (), queues=(queue,) if queue else ())
        # An asynchronous test asks too; the answer comes from another thread's loop.
        return sync.submit(self._all(wanted)).result(sync.TIMEOUT)

    def assert_enqueued(
        self,
        job: Job[Any, Any] | str,
        payload: Mapping[str, Any] | None = None,
        *,
        times: int | None = None,
        queue: str | None = None,
    ) -> list[JobRecord]:
        """Such jobs were enqueued, at least one or exactly ``times``; they are returned.

        ``payload``: members that a job's payload must have, among others.
        """
        __tracebackhide__ = True
        there = self.all(job, queue=queue)
        fit = [each for each in there if _contains(msgspec.json.decode(each.payload), payload or {})]
        if (not fit) if times is None else len(fit) != times:
            wanted = f"{_name(job)} with {dict(payload)}" if payload else _name(job)
            often = "at least once" if times is None else f"{times} times"
            seen = "".join(f"\n  {each.queue}: {each.type} {each.payload.decode()}" for each in self.all())
            raise AssertionError(
                f"{wanted} was to be enqueued {often}, and was {len(fit)} times. All jobs:{seen or ' none'}"
            )
        return fit

    def assert_not_enqueued(self, job: Job[Any, Any] | str, payload: Mapping[str, Any] | None = None) -> None:
        __tracebackhide__ = True
        self.assert_enqueued(job, payload, times=0)

    def run(self, *, delayed: bool = False) -> list[JobRecord]:
        """Work off what is due, and what its handlers enqueue, and return every job as it stands then.

        ``delayed``: also what waits for its time or for its next attempt, without waiting for it. Synchronous handlers
        run in this thread, so that they see the test's transaction.
        """
        self._drain.run(delayed=delayed)
        return self.all()

    async def arun(self, *, delayed: bool = False) -> list[JobRecord]:
        """As :meth:`run`, for asynchronous tests."""
        await self._drain.arun(delayed=delayed)
        return await sync.arun(self._all(JobFilter()))

    async def _all(self, wanted: JobFilter) -> list[JobRecord]:
        found: list[JobRecord] = []
        after: str | None = None
        while True:
            ids, after = await self.cluster.store.ids(wanted, after=after, limit=500)
            found += [record for job_id in ids if (record := await self.cluster.inspector.job(job_id))]
            if after is None:
                return sorted(found, key=lambda record: (record.created_at, record.id))


@contextmanager
def embedded(*, eager: bool = False, alias: str = "default") -> Iterator[Jobs]:
    """A queue of this block's own, in the place of what settings name. Empty at its beginning, gone at its end."""
    with runtime.replaced(ClusterConfig(prefix="tests"), alias) as cluster:
        jobs = Jobs(cluster)
        with enqueuing.eager(jobs) if eager else nullcontext():
            yield jobs


def _name(job: Job[Any, Any] | str) -> str:
    return job if isinstance(job, str) else job.type.name


def _contains(payload: Any, wanted: Mapping[str, Any]) -> bool:
    return not wanted or (isinstance(payload, dict) and wanted.items() <= payload.items())
