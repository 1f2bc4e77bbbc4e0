"""One life of a worker: from its first heartbeat to its stop, or to the moment it must be taken for dead."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final

from queueing.dispatch import Dispatch
from queueing.domain.context import JobContext
from queueing.domain.ports import Broker, Command, Delivery, JobStore
from queueing.domain.registry import Registry
from queueing.errors import StoreError
from queueing.worker import journal
from queueing.worker.endings import end
from queueing.worker.executor import Attempt, Ending, Stop, deadline
from queueing.worker.heartbeat import Heartbeat
from queueing.worker.intake import Claimed, Intake
from queueing.worker.leader import Leader
from queueing.worker.metrics import Metrics
from queueing.worker.options import WorkerOptions
from queueing.worker.patience import Fenced, Patience
from queueing.worker.reporter import Reporter
from queueing.worker.settlement import Settler, undone
from queueing.worker.taking import Taking

log: Final = logging.getLogger("queueing.worker")


class Life:
    def __init__(
        self,
        broker: Broker,
        store: JobStore,
        dispatch: Dispatch,
        registry: Registry,
        options: WorkerOptions,
        *,
        worker_id: str,
        stopping: asyncio.Event,
        hurry: asyncio.Event,
        guard: Callable[[], None] | None,
    ) -> None:
        self.id, self.options = worker_id, options
        self._broker, self._store, self._registry, self._guard = broker, store, registry, guard
        self._stopping, self._hurry = stopping, hurry
        self._patience = Patience()
        self.reporter = Reporter(store)
        self.metrics = Metrics(store)
        self._intake = Intake(store, dispatch, worker=worker_id, patience=self._patience)
        self._settler = Settler(store, dispatch, worker=worker_id, patience=self._patience)
        self._leader = Leader(broker, store, dispatch, worker=worker_id)
        self._heartbeat = Heartbeat(self, store, options)
        self._slots = asyncio.Semaphore(options.concurrency)
        self._pool = ThreadPoolExecutor(options.concurrency, thread_name_prefix=f"job-{worker_id}")
        self._taking = Taking(
            broker, store, options.queues, prefetch=options.concurrency, on_delivery=self._on_delivery
        )
        self._deliveries: set[asyncio.Task[None]] = set()
        self.attempts: dict[str, Attempt] = {}
        """Running attempts by job id."""
        self.quiet = False

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(known.name for known in self._registry)

    async def run(self) -> None:
        """Returns when the worker has stopped, or has been fenced."""
        await self._patience(self._first_beat, f"the first heartbeat of worker {self.id}")
        helpers: list[Coroutine[Any, Any, None]] = [self._heartbeat.run(), self.reporter.run()]
        if self.options.leads:
            helpers.append(self._leader.run())
        tasks = [asyncio.create_task(helper) for helper in helpers]
        try:
            await self._patience(self._take, f"the subscription of worker {self.id}")
            await self._until_end(tasks)
        except Fenced:
            await self._die()
        finally:
            await end(tasks)
            await self._close()

    async def _until_end(self, tasks: list[asyncio.Task[None]]) -> None:
        """Wait for a stop or a fence; a helper that breaks ends the life with its error."""
        ends = [asyncio.create_task(event.wait()) for event in (self._stopping, self._patience.fenced)]
        try:
            await asyncio.wait([*ends, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            await end(ends)
        if self._patience.fenced.is_set():
            await self._die()
        else:
            await self._finish()

    async def _first_beat(self) -> None:
        # A worker that is told to stop while the store is away must not wait for it.
        if not self.stopping:
            await self._heartbeat.beat()

    async def _take(self) -> None:
        if not self.quiet and not self.stopping:
            await self._taking.start()

    def _on_delivery(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self._handle(delivery))
        self._deliveries.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._deliveries.discard(task)
        if not task.cancelled() and (broken := task.exception()) is not None:
            # The message is unsettled and comes back when the channel closes; one broken delivery must not stop others.
            log.error("A delivery could not be handled.", exc_info=broken)

    async def _handle(self, delivery: Delivery) -> None:
        try:
            async with self._slots:
                if self._patience.fenced.is_set() or self._stopping.is_set() or self.quiet:
                    await self._taking.until_none()
                    await delivery.release()
                    return
                claimed = await self._intake.take(delivery)
                if claimed is not None:
                    await self._run(claimed)
        except Fenced:
            await delivery.release()

    async def _run(self, claimed: Claimed) -> None:
        spec, run = claimed.incoming.spec, claimed.run
        context = JobContext(
            spec=spec,
            epoch=claimed.incoming.epoch,
            attempt=run.attempt,
            deadline=deadline(run.started_at, spec.options.timeout),
            now=lambda: datetime.now(UTC),
            tell=self.reporter.tell,
        )
        self.reporter.watch(context, run.token)
        try:
            ending = await self._attempt(claimed, context)
            await self.reporter.flush_one(context)
            outcome = await self._settler.settle(claimed.delivery, context, run, ending)
            if outcome is not None:
                self.metrics.count(spec.queue, spec.type, run, outcome)
                journal.ended(context, run, ending, outcome)
        finally:
            self.reporter.forget(context)
            self.attempts.pop(spec.id, None)

    async def _attempt(self, claimed: Claimed, context: JobContext) -> Ending:
        if claimed.malformed:
            return undone("Malformed", claimed.malformed)
        known = self._registry.get(context.type)
        if known is None:
            return undone("NoHandler", f"no handler is registered for the type {context.type}")
        attempt = self.attempts[context.id] = Attempt(known, context, pool=self._pool, guard=self._guard)
        if claimed.run.cancel_requested:
            attempt.stop(Stop.CANCEL)
        return await attempt.run()

    async def obey(self, command: Command) -> None:
        """Do what the console says."""
        match command.kind:
            case "cancel":
                if attempt := self.attempts.get(command.value):
                    attempt.stop(Stop.CANCEL)
            case "quiet":
                self.quiet = True
                await self._taking.stop()
            case "resume":
                self.quiet = False
                await self._take()
            case "stop":
                self._stopping.set()
            case _:
                log.warning("Worker %s does not know the command %r.", self.id, command.kind)

    async def fence(self) -> None:
        """Others may take this worker's jobs now: stop touching them."""
        log.error(
            "Worker %s could not renew its key within %g s. It gives up its jobs and starts afresh.",
            self.id,
            self.options.ttl,
        )
        self._patience.fenced.set()

    async def _die(self) -> None:
        await self._taking.stop()
        for attempt in list(self.attempts.values()):
            attempt.stop(Stop.FENCE)
        await self._wait_for_deliveries(self.options.grace)

    async def _finish(self) -> None:
        """Take no more, let running jobs finish within the grace, hand the rest back."""
        await self._taking.stop()
        await self._announce()
        waiting = asyncio.create_task(self._wait_for_deliveries(self.options.grace))
        hurried = asyncio.create_task(self._hurry.wait())
        await asyncio.wait([waiting, hurried], return_when=asyncio.FIRST_COMPLETED)
        await end([waiting, hurried])
        if self._deliveries:
            log.warning("Worker %s hands back %d running jobs.", self.id, len(self.attempts))
            for attempt in list(self.attempts.values()):
                attempt.stop(Stop.SHUTDOWN)
            await self._wait_for_deliveries(HAND_BACK)

    async def _announce(self) -> None:
        """Let the console know at once; the next heartbeat would be too late for a short stop."""
        try:
            await self._heartbeat.beat()
        except StoreError as failure:
            log.warning("Worker %s could not say that it is stopping: %s", self.id, failure)

    async def _wait_for_deliveries(self, seconds: float) -> None:
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=seconds)

    async def _close(self) -> None:
        await end(self._deliveries)
        await self._taking.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        try:
            await self.metrics.flush()
            await self._store.resign(self.id)
            await self._store.forget_worker(self.id)
        except StoreError as failure:
            log.warning("Worker %s could not sign off; its key runs out by itself: %s", self.id, failure)


HAND_BACK: Final = 5.0
"""Seconds for cancelled handlers to end and their jobs to be handed back."""
