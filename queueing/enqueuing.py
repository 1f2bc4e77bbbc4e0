"""From a checked spec to a stored job, for all who enqueue within Django. The one place that tests can make eager."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from queueing import runtime, sync
from queueing.domain.job import JobSpec


class WorkOff(Protocol):
    """Runs what is enqueued, within the call that enqueued it."""

    def run(self) -> object: ...

    async def arun(self) -> object: ...


_eager: WorkOff | None = None


def enqueue(spec: JobSpec) -> str:
    """Add the job from synchronous code and return its id, or that of the job that has its unique key."""
    job_id = sync.run(runtime.cluster().producer.add_spec(spec))
    if _eager is not None:
        _eager.run()
    return job_id


async def aenqueue(spec: JobSpec) -> str:
    job_id = await sync.arun(runtime.cluster().producer.add_spec(spec))
    if _eager is not None:
        await _eager.arun()
    return job_id


@contextmanager
def eager(work_off: WorkOff) -> Iterator[None]:
    """Within this block every job is worked off before the call that enqueues it returns."""
    global _eager
    before, _eager = _eager, work_off
    try:
        yield
    finally:
        _eager = before
