"""One worker of the cluster does its chores."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol

from queueing.dispatch import Dispatch
from queueing.domain.ports import Broker, JobStore
from queueing.errors import BrokerError, StoreError
from queueing.worker.dead_letters import DeadLetterKeeper
from queueing.worker.outbox import OutboxSweeper
from queueing.worker.rescuer import Rescuer
from queueing.worker.retention import Trimmer
from queueing.worker.scheduler import Scheduler
from queueing.worker.strays import StrayFinder

log: Final = logging.getLogger("queueing.leader")

TICK: Final = 0.5
TTL: Final = 10.0
"""Seconds after which another worker takes over from a leader that says nothing."""


class Chore(Protocol):
    interval: float
    """Seconds between two passes."""

    async def tend(self) -> None:
        """One bounded pass."""


class Leader:
    """Tries to lead, and while it does, tends each chore at its interval.

    Two leaders for a moment (a long pause, a lost lock) do no harm: every chore is idempotent.
    """

    def __init__(self, broker: Broker, store: JobStore, dispatch: Dispatch, *, worker: str) -> None:
        self._store, self._worker = store, worker
        self._chores: list[Chore] = [
            Scheduler(store),
            OutboxSweeper(store, dispatch),
            Rescuer(store, dispatch),
            StrayFinder(broker, store, dispatch),
            Trimmer(store),
            DeadLetterKeeper(broker, store, dispatch, worker=worker),
        ]
        self._due: dict[Chore, float] = dict.fromkeys(self._chores, 0.0)
        self.leads = False

    async def run(self) -> None:
        while True:
            await self._tick()
            await asyncio.sleep(TICK)

    async def _tick(self) -> None:
        try:
            leads = await self._store.lead(self._worker, ttl=TTL)
        except StoreError as failure:
            log.warning("Worker %s does not know whether it leads: %s", self._worker, failure)
            leads = False
        if leads and not self.leads:
            log.info("Worker %s leads.", self._worker)
        self.leads = leads
        if leads:
            for chore in self._chores:
                await self._tend(chore)

    async def _tend(self, chore: Chore) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._due[chore]:
            return
        try:
            await chore.tend()
        except (StoreError, BrokerError) as failure:
            log.warning("%s could not finish its pass: %s", type(chore).__name__, failure)
        except Exception:
            # One job that a chore cannot handle would otherwise end every worker in turn, as each comes to lead.
            log.exception("%s broke off its pass.", type(chore).__name__)
        self._due[chore] = asyncio.get_running_loop().time() + chore.interval
