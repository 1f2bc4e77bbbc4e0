"""Works off a queue until nothing is left that may run."""

from __future__ import annotations

import asyncio
from typing import Final

from asgiref.sync import sync_to_async

from queueing import sync
from queueing.domain.reading import JobFilter
from queueing.domain.states import JobState
from queueing.runtime import Cluster
from queueing.testing.caller import CallerThread
from queueing.worker.endings import end
from queueing.worker.options import WorkerOptions
from queueing.worker.worker import Worker

POLL: Final = 0.002
"""Seconds between two looks at what is left."""


class Drain:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._busy = False

    def run(self, *, delayed: bool = False) -> None:
        """Returns when all is done. A handler that enqueues does not start another one."""
        if self._busy:
            return
        caller = CallerThread()
        work = sync.submit(self._work_off(caller, delayed=delayed))
        work.add_done_callback(lambda _: caller.end())
        caller.serve()
        work.result()

    async def arun(self, *, delayed: bool = False) -> None:
        if self._busy:
            return
        caller = CallerThread()
        work = sync.submit(self._work_off(caller, delayed=delayed))
        work.add_done_callback(lambda _: caller.end())
        while (call := await asyncio.to_thread(caller.take)) is not None:
            await sync_to_async(call)()
        work.result()

    async def _work_off(self, caller: CallerThread, *, delayed: bool) -> None:
        self._busy = True
        try:
            while queues := await self._queues_with_work(delayed=delayed):
                await self._work_on(queues, caller, delayed=delayed)
        finally:
            self._busy = False

    async def _work_on(self, queues: list[str], caller: CallerThread, *, delayed: bool) -> None:
        options = WorkerOptions(queues=tuple(queues), concurrency=10, leads=False, grace=0)
        worker = self._worker(options, caller)
        running = asyncio.create_task(worker.run())
        try:
            while not running.done() and await self._left(queues, delayed=delayed):  # noqa: ASYNC110 - a store has no event
                await asyncio.sleep(POLL)
            worker.stop()
            await running
        finally:
            await end([running])

    def _worker(self, options: WorkerOptions, caller: CallerThread) -> Worker:
        cluster = self._cluster
        return Worker(
            cluster.broker, cluster.store, cluster.dispatch, cluster.registry, options, threads=lambda _: caller
        )

    async def _queues_with_work(self, *, delayed: bool) -> list[str]:
        wanted = _states(delayed=delayed)
        lanes = await self._cluster.store.lanes()
        return sorted({lane.queue for lane in lanes if any(lane.counts[state] for state in wanted)})

    async def _left(self, queues: list[str], *, delayed: bool) -> bool:
        """Whether there is still something to wait for; what is delayed is made due."""
        counts = await self._cluster.inspector.counts(queues=queues)
        waiting = counts[JobState.SCHEDULED] + counts[JobState.RETRYING]
        if delayed and waiting:
            wanted = JobFilter(states=(JobState.SCHEDULED, JobState.RETRYING), queues=tuple(queues))
            ids, _ = await self._cluster.store.ids(wanted, after=None, limit=500)
            await self._cluster.operations.hasten(ids, by="tests")
            return True
        return bool(counts[JobState.QUEUED] + counts[JobState.RUNNING])


def _states(*, delayed: bool) -> tuple[JobState, ...]:
    more = (JobState.SCHEDULED, JobState.RETRYING) if delayed else ()
    return (JobState.QUEUED, JobState.RUNNING, *more)
