"""A worker: consumes its queues, runs what it claims, and settles it."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Mapping
from typing import Any, Final

import uuid_utils.compat as uuids

from queueing.dispatch import Dispatch
from queueing.domain.limits import Limit
from queueing.domain.ports import Broker, JobStore
from queueing.domain.registry import Handler, JobType, Registry
from queueing.errors import ConfigurationError
from queueing.worker.executor import Threads
from queueing.worker.life import Life
from queueing.worker.limits import LimitKeeper
from queueing.worker.options import WorkerOptions
from queueing.worker.schedules import Outside, ScheduleKeeper

log: Final = logging.getLogger("queueing.worker")


class Worker:
    """``workers`` lives beside each other in this process, each with ``concurrency`` slots."""

    def __init__(
        self,
        broker: Broker,
        store: JobStore,
        dispatch: Dispatch,
        registry: Registry,
        options: WorkerOptions,
        *,
        limits: Mapping[str, Limit] | None = None,
        guard: Callable[[], None] | None = None,
        threads: Threads | None = None,
    ) -> None:
        self._broker, self._store, self._dispatch, self.registry = broker, store, dispatch, registry
        self.options = options
        self._limits = dict(limits or {})
        self._threads = threads
        self.guard = guard
        """Called before and after each synchronous handler, in its thread; Django closes old connections here."""
        self.outside: Outside | None = None
        """Reads the schedules that are not in the code."""
        self.announce: Callable[[str], None] | None = None
        """Called with each new id before the first heartbeat under it."""
        self._finished = 0
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._lives: set[Life] = set()

    def register(self, name: str, handler: Handler, **described: Any) -> JobType:
        """Run jobs of type ``name`` with ``handler``. Keywords as for ``@job``: options, retry_on, fail_on, limit,
        schedule."""
        queues = self.options.queues
        return self.registry.register(name, handler, **({"queue": queues[0]} if queues else {}) | described)

    @property
    def queues(self) -> tuple[str, ...]:
        return self.options.queues or tuple(self.registry.queues())

    @property
    def consumes(self) -> bool:
        """Whether every life takes jobs."""
        return bool(self._lives) and all(life.consumes for life in self._lives)

    @property
    def finished(self) -> int:
        """Attempts that have ended, of all its lives."""
        return self._finished + sum(life.metrics.succeeded + life.metrics.failed for life in self._lives)

    async def run(self) -> None:
        """Work until :meth:`stop`. Raises ConfigurationError where there is nothing to serve."""
        if not self.queues:
            raise ConfigurationError("There is no queue to serve: register a handler, or name the queues.")
        limits = LimitKeeper(self._store, self.registry, self.queues, self._limits)
        schedules = ScheduleKeeper(self._store, self.registry, self.outside)
        async with asyncio.TaskGroup() as group:
            for _ in range(self.options.workers):
                group.create_task(self._live(limits, schedules))
        await self._dispatch.finish()

    def stop(self) -> None:
        """Take no more; finish within ``grace``, hand the rest back. A second call hands back at once."""
        if self._stopping.is_set():
            self._hurry.set()
        self._stopping.set()

    async def _live(self, limits: LimitKeeper, schedules: ScheduleKeeper) -> None:
        """One life after another: a worker that was fenced starts afresh under a new id."""
        while not self._stopping.is_set():
            life = Life(
                self._broker,
                self._store,
                self._dispatch,
                self.registry,
                self.options.serving(*self.queues),
                limits=limits,
                schedules=schedules,
                worker_id=new_id(self.options.name),
                stopping=self._stopping,
                hurry=self._hurry,
                guard=self.guard,
                threads=self._threads,
            )
            self._lives.add(life)
            if self.announce:
                self.announce(life.id)
            try:
                await life.run()
            finally:
                self._lives.discard(life)
                self._finished += life.metrics.succeeded + life.metrics.failed


def new_id(name: str = "") -> str:
    """``[name-]host-pid-xxxx``, unique for each life."""
    return "-".join(filter(None, (name, socket.gethostname(), str(os.getpid()), uuids.uuid4().hex[:4])))
