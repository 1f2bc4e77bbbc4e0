"""One worker of the cluster does its chores."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol

from queueing.dispatch import Dispatch
from queueing.domain.ports import Broker, JobStore
from queueing.errors import BrokerError, StoreError
from queueing.worker.cataloguer import Cataloguer
from queueing.worker.dead_letters import DeadLetterKeeper
from queueing.worker.endings import end
from queueing.worker.expiry import Expirer
from queueing.worker.limits import Usher
from queueing.worker.outbox import OutboxSweeper
from queueing.worker.rescuer import Recaller, Rescuer
from queueing.worker.retention import Trimmer
from queueing.worker.scheduler import Scheduler
from queueing.worker.schedules import Timekeeper
from queueing.worker.strays import StrayFinder

log: Final = logging.getLogger("queueing.leader")

TICK: Final = 0.5
TTL: Final = 10.0
"""Seconds after which another worker takes over from a leader that says nothing."""


class Chore(Protocol):
    interval: float
    """Seconds between two passes."""

    async def tend(self) -> None:
        """One pass. It may be cancelled at any await, when another worker leads or this one stops."""


class Leader:
    """Tries to lead, and while it does, tends each chore at its interval, in a task of its own: a chore that takes long
    delays neither the others nor the renewal.

    Two leaders for a moment (a long pause, a lost lock) do no harm: every chore is idempotent.
    """

    def __init__(self, broker: Broker, store: JobStore, dispatch: Dispatch, *, worker: str, ttl: float = TTL) -> None:
        self._store, self._worker, self._ttl = store, worker, ttl
        self._chores: list[Chore] = [
            Scheduler(store),
            Timekeeper(store, dispatch),
            Usher(store, dispatch),
            OutboxSweeper(store, dispatch),
            Expirer(store, dispatch),
            Recaller(store, dispatch),
            Rescuer(store, dispatch),
            StrayFinder(broker, store, dispatch),
            Trimmer(store),
            Cataloguer(store),
            DeadLetterKeeper(broker, store, dispatch, worker=worker),
        ]
        self._lease_ends = 0.0

    async def run(self) -> None:
        while True:
            if await self._leads():
                await self._lead()
            await asyncio.sleep(TICK)

    async def _lead(self) -> None:
        """Until the lead is lost, or it is not known who has it."""
        log.info("Worker %s leads.", self._worker)
        chores = [asyncio.create_task(_tend(chore)) for chore in self._chores]
        try:
            await self._until_lost()
        finally:
            await end(chores)
        log.info("Worker %s leads no longer.", self._worker)

    async def _until_lost(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            if not await self._leads():
                return

    async def _leads(self) -> bool:
        """Whether this worker became or remained leader. A leader waits for the answer until its lease ends, since
        another may lead from then on."""
        now = asyncio.get_running_loop().time()
        lease_ends, self._lease_ends = self._lease_ends or now + self._ttl, 0.0
        try:
            async with asyncio.timeout_at(lease_ends):
                leads = await self._store.lead(self._worker, ttl=self._ttl)
        except (StoreError, TimeoutError) as failure:
            why = str(failure) or "the store does not answer."
            log.warning("Worker %s does not know whether it leads: %s", self._worker, why)
            return False
        if leads:
            # Counted from before the call: the lock's time runs from when the server got it.
            self._lease_ends = now + self._ttl
        return leads


async def _tend(chore: Chore) -> None:
    while True:
        try:
            await chore.tend()
        except (StoreError, BrokerError) as failure:
            log.warning("%s could not finish its pass: %s", type(chore).__name__, failure)
        except Exception:
            # One job that a chore cannot handle would otherwise end every worker in turn, as each comes to lead.
            log.exception("%s broke off its pass.", type(chore).__name__)
        await asyncio.sleep(chore.interval)
