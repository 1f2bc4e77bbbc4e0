"""Schedules: a worker says which there are, and the leader adds their jobs when they come due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from queueing.dispatch import Dispatch, Letter
from queueing.domain.ports import Added, JobStore
from queueing.domain.registry import Registry
from queueing.domain.schedules import LEASE, Due, Pass, Schedule, pass_over
from queueing.errors import StoreError

log: Final = logging.getLogger("queueing.leader")

AGAIN: Final = 5.0
"""Seconds. A store that has lost its schedules fires none until they are declared again."""
OUTSIDE: Final = 60.0
"""Seconds after which those from outside are read again: what was saved while the store was away comes into force."""
BATCH: Final = 200
NOTE: Final = 2.0
NOTED: Final = 200

Outside: TypeAlias = Callable[[], Sequence[Schedule]]
"""Reads schedules that lie somewhere else than in the code: the console's, in its database. Called in a thread."""


class ScheduleKeeper:
    """Declares the schedules of the job types that this worker knows, and those from outside, at its start and whenever
    the store has lost them."""

    def __init__(self, store: JobStore, registry: Registry, outside: Outside | None = None) -> None:
        self._store, self._registry, self._outside = store, registry, outside
        self._since: datetime | None = None
        self._told: set[str] = set()
        self._read_at = 0.0

    async def declare(self) -> None:
        """At the start of a worker: what the code and the database say now is in force. Raises StoreError."""
        types = [known.name for known in self._registry]
        declared = await self._store.declare_schedules(
            self._registry.schedules(), source="code", at=self._since, retire=types
        )
        self._since = declared.at
        self._complain(declared.taken)
        await self._declare_outside()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(AGAIN)
            try:
                if found := self._registry.schedules():
                    await self._store.declare_schedules(found, source="code", at=self._since)
                if await self._outside_is_due():
                    await self._declare_outside()
            except StoreError as failure:
                log.debug("The schedules could not be declared again: %s", failure)

    async def _outside_is_due(self) -> bool:
        if self._outside is None:
            return False
        if asyncio.get_running_loop().time() - self._read_at >= OUTSIDE:
            return True
        return not await self._store.knows_schedules("console")

    async def _declare_outside(self) -> None:
        if self._outside is None:
            return
        self._read_at = asyncio.get_running_loop().time()
        # Dated before they are read: what is saved or removed meanwhile is newer, and stays.
        dated = await self._store.declare_schedules((), source="console")
        try:
            found = await asyncio.to_thread(self._outside)
        except Exception as failure:
            # A database that is away must not keep jobs from running; it is asked again within a minute.
            log.error("The console's schedules could not be read: %s", failure)
            return
        declared = await self._store.declare_schedules(found, source="console", at=dated.at, retire=None)
        self._complain(declared.taken)

    def _complain(self, taken: Sequence[str]) -> None:
        for name in set(taken) - self._told:
            self._told.add(name)
            log.error("There are two schedules %r, one in the code and one of the console. Rename one of them.", name)


class Timekeeper:
    """Adds the jobs of schedules whose time has come, and keeps how they ended.

    A job and the step to the next tick are written together. So a tick is fired once, however many lead and whenever
    one of them dies; a message that it left unsent is the outbox sweeper's.
    """

    interval = 0.5

    def __init__(self, store: JobStore, dispatch: Dispatch) -> None:
        self._store, self._dispatch = store, dispatch
        self._noted = 0.0

    async def tend(self) -> None:
        for due in await self._store.due_schedules(limit=BATCH, lease=LEASE):
            await self._fire(due)
        await self._note()

    async def _fire(self, due: Due) -> None:
        found = pass_over(due)
        added = await self._store.fire(due, found)
        if added is None:
            return  # somebody else was faster, or the schedule has changed
        if found.missed:
            log.warning("Schedule %s left out %d ticks that nobody was there for.", due.schedule.name, found.missed)
        await self._send(due, found, added)

    async def _send(self, due: Due, found: Pass, added: Sequence[Added]) -> None:
        specs = {spec.id: spec for spec in (due.schedule.job_at(tick, due.now) for tick in found.ticks)}
        letters = [Letter(spec=specs[one.ref.id], ref=one.ref, delay=one.delay) for one in added]
        for failure in await self._dispatch.send_all(letters):
            if failure is not None:
                log.warning("A job of schedule %s waits in the outbox: %s", due.schedule.name, failure)

    async def _note(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._noted >= NOTE:
            self._noted = now
            await self._store.note_runs(limit=NOTED)
