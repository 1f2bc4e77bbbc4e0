"""Takes one delivery from its claim to its settlement."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from queueing.dispatch import Dispatch
from queueing.domain.context import JobContext
from queueing.domain.ports import JobStore
from queueing.domain.registry import Registry
from queueing.domain.states import JobState
from queueing.errors import BrokerError, StoreError
from queueing.worker import journal
from queueing.worker.bench import Held
from queueing.worker.breakage import Breakage, verdict
from queueing.worker.executor import Attempt, Ending, Failure, Stop, Threads, deadline
from queueing.worker.intake import Claimed, Intake, Paused
from queueing.worker.metrics import Metrics
from queueing.worker.patience import Fenced, Patience
from queueing.worker.reporter import Reporter
from queueing.worker.settlement import Settler, undone
from queueing.worker.threads import Pool, ThreadPool

log: Final = logging.getLogger("queueing.worker")

LAST_RESORT: Final = 5.0
"""Seconds between two deliveries of a message that can neither be handled nor buried."""


class Runner:
    """``on_paused`` hears of each queue that turns out to be paused, and again when its last claim is answered;
    ``on_sent`` of those whose handlers have ended and whose outcomes are on their way."""

    def __init__(
        self,
        store: JobStore,
        dispatch: Dispatch,
        registry: Registry,
        *,
        worker: str,
        concurrency: int,
        patience: Patience,
        guard: Callable[[], None] | None,
        threads: Threads | None,
        on_paused: Callable[[str], None],
        on_sent: Callable[[Iterable[Held]], None],
    ) -> None:
        self._registry, self._worker, self._guard, self._on_paused = registry, worker, guard, on_paused
        self._now = store.clock.now
        self.reporter = Reporter(store)
        self.metrics = Metrics(store)
        self._intake = Intake(store, dispatch, worker=worker, patience=patience)
        self._settler = Settler(store, dispatch, worker=worker, patience=patience, on_sent=on_sent)
        self._breakage = Breakage(store, dispatch, patience=patience)
        self._threads = threads or self._new_pool
        self._pool = self._threads(concurrency)
        self.claiming: Counter[str] = Counter()
        """By queue, claims that are not answered yet."""
        self.attempts: dict[str, Attempt] = {}
        """Running attempts by job id."""
        self.in_hand: dict[str, tuple[Held, Claimed]] = {}
        """By token, what is claimed and not settled yet."""
        self.misfit: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Fails when the worker cannot go on until somebody changes something."""

    async def work(self, held: Held) -> bool:
        """Whether the delivery goes back to the bench, its queue being paused."""
        try:
            return await self._handle(held)
        except Fenced:
            await held.delivery.release()
        except (StoreError, BrokerError) as misfit:
            # Outages are waited for where they arise. This is no job's fault, and the next job would meet it too.
            if not self.misfit.done():
                self.misfit.set_exception(misfit)
        except Exception as broken:
            log.exception("A delivery of %s could not be handled; it becomes a failed job.", held.queue)
            await self._bury(held, broken)
        return False

    def resize(self, concurrency: int) -> None:
        """Threads for so many synchronous handlers. Those that run are not disturbed."""
        pool, self._pool = self._pool, self._threads(concurrency)
        pool.close()

    def close(self) -> None:
        self._pool.close()

    def stop(self, why: Stop) -> None:
        for attempt in list(self.attempts.values()):
            attempt.stop(why)

    @property
    def in_threads(self) -> int:
        """Synchronous handlers that run now."""
        return sum(attempt.in_thread for attempt in self.attempts.values())

    def _new_pool(self, size: int) -> Pool:
        return ThreadPool(size, name=f"job-{self._worker}")

    async def _handle(self, held: Held) -> bool:
        queue = held.queue
        self.claiming[queue] += 1
        paused = False
        try:
            taken = await self._intake.take(held.delivery)
            paused = isinstance(taken, Paused)
        finally:
            self.claiming[queue] -= 1
            if paused:
                self._on_paused(queue)
        if isinstance(taken, Claimed):
            await self._run(held, taken)
        return paused

    async def _run(self, held: Held, claimed: Claimed) -> None:
        spec, run = claimed.incoming.spec, claimed.run
        context = JobContext(
            spec=spec,
            epoch=claimed.incoming.epoch,
            attempt=run.attempt,
            worker=self._worker,
            started_at=run.started_at,
            deadline=deadline(spec.options.timeout),
            now=self._now,
            tell=self.reporter.tell,
        )
        self.reporter.watch(context, run.token)
        self.in_hand[run.token] = held, claimed
        try:
            ending = await self._attempt(claimed, context)
            await self.reporter.flush_one(context)
            self._forget(context)
            ending, outcome = await self._settle(held, claimed, context, ending)
        finally:
            del self.in_hand[run.token]
            self.reporter.forget(context)
            self._forget(context)
        if outcome is not None:
            self._tell(claimed, context, ending, outcome)

    async def _attempt(self, claimed: Claimed, context: JobContext) -> Ending:
        if claimed.malformed:
            return undone("Malformed", claimed.malformed, claimed.delivery.headers)
        known = self._registry.get(context.type)
        if known is None:
            return undone("NoHandler", f"no handler is registered for the type {context.type}")
        attempt = self.attempts[context.id] = Attempt(known, context, pool=self._pool, guard=self._guard)
        if claimed.run.cancel_requested:
            attempt.stop(Stop.CANCEL)
        try:
            return await attempt.run()
        except Exception as broken:
            log.exception("The worker broke while it ran job %s.", context.id)
            return Failure(verdict(broken), final=True)

    def _forget(self, context: JobContext) -> None:
        """Its attempt is no longer running. While it is settled, another one of the same job may be."""
        attempt = self.attempts.get(context.id)
        if attempt is not None and attempt.context is context:
            del self.attempts[context.id]

    async def _settle(
        self, held: Held, claimed: Claimed, context: JobContext, ending: Ending
    ) -> tuple[Ending, JobState | None]:
        try:
            return ending, await self._settler.settle(held, context, claimed.run, ending)
        except (Fenced, StoreError, BrokerError):
            raise
        except Exception as broken:
            # What cannot be written may be what the handler returned, raised or logged. A plain failure can be.
            log.exception("The outcome of job %s could not be written; the job fails instead.", context.id)
            failure = Failure(verdict(broken), final=True)
            return failure, await self._settler.settle(held, context, claimed.run, failure)

    def _tell(self, claimed: Claimed, context: JobContext, ending: Ending, outcome: JobState) -> None:
        try:
            now = self._now()
            self.metrics.count(context.queue, context.type, claimed.run, outcome, now=now)
            journal.ended(context, claimed.run, ending, outcome, now=now)
        except Exception:
            # The job is settled; nothing that is said of it afterwards may change that.
            log.exception("The end of job %s could not be counted.", context.id)

    async def _bury(self, held: Held, broken: Exception) -> None:
        try:
            await self._breakage.bury(held.delivery, broken)
        except Fenced:
            await held.delivery.release()
        except Exception:
            log.exception("A delivery of %s could not be buried either; it is given back.", held.queue)
            await asyncio.sleep(LAST_RESORT)
            await held.delivery.release()
