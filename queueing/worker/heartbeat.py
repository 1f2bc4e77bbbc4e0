"""The sign of life: renews the worker's key, and brings back what the console wants of it."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from datetime import datetime
from typing import TYPE_CHECKING, Final

import psutil

from queueing.domain.ports import Beat, JobStore
from queueing.domain.reading import RunningJob, WorkerStatus
from queueing.errors import StoreError
from queueing.worker.options import WorkerOptions
from queueing.worker.version import RELEASE

if TYPE_CHECKING:
    from queueing.worker.life import Life

log: Final = logging.getLogger("queueing.worker")


class Heartbeat:
    def __init__(self, life: Life, store: JobStore, options: WorkerOptions) -> None:
        self._life, self._store, self._options = life, store, options
        self._process = psutil.Process()
        self._started: datetime | None = None
        self._last_known = 0.0

    async def run(self) -> None:
        """Beat until cancelled. Fences the worker once its key must have run out."""
        while True:
            await asyncio.sleep(self._options.heartbeat)
            try:
                known = await self.beat()
                await self._life.metrics.flush()
            except StoreError as failure:
                log.warning("Worker %s cannot reach the store: %s", self._life.id, failure)
                known = (
                    asyncio.get_running_loop().time() - self._last_known < self._options.ttl - self._options.heartbeat
                )
            if not known:
                await self._life.fence()
                return

    async def beat(self) -> bool:
        """Renew the key. False: it had run out meanwhile. Raises StoreError."""
        before = asyncio.get_running_loop().time()
        if self._started is None:
            await self._store.tune_clock()
            self._started = self._store.clock.now()
        answer: Beat = await self._store.beat(self._status(), ttl=self._options.ttl)
        if not answer.known:
            return False
        # Counted from before the call: the key's time runs from when the server got it.
        self._last_known = before
        self._life.see(answer.paused)
        for command in answer.commands:
            await self._life.obey(command)
        return True

    def _status(self) -> WorkerStatus:
        life = self._life
        with self._process.oneshot():
            rss, cpu = self._process.memory_info().rss, self._process.cpu_percent() / 100
        return WorkerStatus(
            id=life.id,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=RELEASE,
            queues=self._options.queues,
            types=life.types,
            concurrency=life.concurrency,
            running=tuple(
                RunningJob(id=context.id, type=context.type, queue=context.queue, started_at=attempt.started_at)
                for attempt in list(life.attempts.values())
                for context in (attempt.context,)
            ),
            state="stopping" if life.stopping else "quiet" if life.quiet else "running",
            started_at=self._started or self._store.clock.now(),
            beat_at=self._store.clock.now(),
            rss=rss,
            cpu=cpu,
            succeeded=life.metrics.succeeded,
            failed=life.metrics.failed,
        )
