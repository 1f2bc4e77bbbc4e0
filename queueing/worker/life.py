"""One life of a worker: from its first heartbeat to its stop, or to the moment it must be taken for dead."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable
from typing import Any, Final

from queueing.dispatch import Dispatch
from queueing.domain.ports import Broker, Command, JobStore
from queueing.domain.registry import Registry
from queueing.errors import StoreError
from queueing.worker.balancer import Balancer
from queueing.worker.bench import Bench, Held
from queueing.worker.commands import obey
from queueing.worker.endings import end
from queueing.worker.executor import Attempt, Stop, Threads
from queueing.worker.heartbeat import Heartbeat
from queueing.worker.leader import Leader
from queueing.worker.limits import LimitKeeper
from queueing.worker.metrics import Metrics
from queueing.worker.options import WorkerOptions
from queueing.worker.parker import Parker
from queueing.worker.patience import Fenced, Patience
from queueing.worker.returns import Returns
from queueing.worker.runner import Runner
from queueing.worker.schedules import ScheduleKeeper
from queueing.worker.slots import Slots
from queueing.worker.taking import Taking
from queueing.worker.version import RELEASE

log: Final = logging.getLogger("queueing.worker")

HAND_BACK: Final = 5.0
"""Seconds for handlers that were told to stop to end, and for their jobs to be handed back."""


class Life:
    def __init__(
        self,
        broker: Broker,
        store: JobStore,
        dispatch: Dispatch,
        registry: Registry,
        options: WorkerOptions,
        *,
        limits: LimitKeeper,
        schedules: ScheduleKeeper,
        worker_id: str,
        stopping: asyncio.Event,
        hurry: asyncio.Event,
        guard: Callable[[], None] | None,
        threads: Threads | None = None,
    ) -> None:
        self.id, self.options, self.store = worker_id, options, store
        self._registry, self._stopping, self._hurry = registry, stopping, hurry
        self.quiet = False
        self._patience = Patience()
        self._runner = Runner(
            store,
            dispatch,
            registry,
            worker=worker_id,
            concurrency=options.concurrency,
            patience=self._patience,
            guard=guard,
            threads=threads,
            on_paused=self._rest,
            on_sent=self._vacate,
        )
        self._taking = Taking(broker, store, options.queues, room=self._room, on_delivery=self._on_delivery)
        self._slots = Slots(options.concurrency, Bench(self._taking.resting), self._runner.work, self._on_room)
        self._balancer = Balancer(self._taking, self._slots, Returns(dispatch), self._runner.claiming)
        self._parker = Parker(
            dispatch,
            self._runner.in_hand.values,
            after=options.park_after,
            patience=self._patience,
            let_go=self._slots.let_go,
        )
        self._leader = Leader(broker, store, dispatch, worker=worker_id)
        self._heartbeat = Heartbeat(self, store, options)
        self._limits, self._schedules = limits, schedules

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    @property
    def consumes(self) -> bool:
        return self._taking.active

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(known.name for known in self._registry)

    @property
    def attempts(self) -> dict[str, Attempt]:
        return self._runner.attempts

    @property
    def metrics(self) -> Metrics:
        return self._runner.metrics

    @property
    def concurrency(self) -> int:
        return self._slots.size

    async def run(self) -> None:
        """Returns when the worker has stopped, or has been fenced."""
        await self._patience(self._first_beat, f"the first heartbeat of worker {self.id}")
        helpers: dict[str, Coroutine[Any, Any, None]] = {
            "heartbeat": self._heartbeat.run(),
            "reporter": self._runner.reporter.run(),
            "balancer": self._balancer.run(),
            "parker": self._parker.run(),
            "limits": self._limits.run(),
            "schedules": self._schedules.run(),
        }
        if self.options.leads:
            helpers["leader"] = self._leader.run()
        tasks = [asyncio.create_task(helper, name=f"{name} of {self.id}") for name, helper in helpers.items()]
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
        breaks: list[asyncio.Future[None]] = [*tasks, self._runner.misfit]
        awaited: list[asyncio.Future[Any]] = [*ends, *breaks]
        try:
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            for broken in breaks:
                if broken.done():
                    broken.result()
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
            await self._limits.declare()
            await self._schedules.declare()
            await self.store.note_release(RELEASE)

    async def _take(self) -> None:
        if not self.stopping:
            await self._taking.fit(self.options.queues)

    def _room(self, queue: str) -> int:
        return self._slots.held[queue] + max(1, self._slots.free)

    def _on_delivery(self, delivery: Any) -> None:
        self._slots.offer(delivery)

    def _vacate(self, ended: Iterable[Held]) -> None:
        self._slots.vacate(ended)

    def _on_room(self) -> None:
        self._balancer.on_room()

    # what the console says

    async def obey(self, command: Command) -> None:
        await obey(self, command)

    def see(self, paused: Collection[str]) -> None:
        """Which queues are paused, as the store says."""
        if self._taking.resting != paused:
            self._taking.resting.clear()
            self._taking.resting.update(paused)
            self._slots.fill()
            self._balancer.wake()

    def _rest(self, queue: str) -> None:
        self._taking.resting.add(queue)
        self._balancer.wake()

    def be_quiet(self, quiet: bool) -> None:
        self.quiet = quiet
        if not self.stopping and not self._patience.fenced.is_set():
            self._taking.wanted = self._slots.open = not quiet
            self._slots.fill()
            self._balancer.wake()

    def resize(self, concurrency: int) -> None:
        """Slots more or less; what runs goes on."""
        if concurrency > self.concurrency:
            self._runner.resize(concurrency)
        self._slots.resize(concurrency)

    def stop(self) -> None:
        self._stopping.set()

    async def fence(self) -> None:
        """Others may take this worker's jobs now: stop touching them."""
        log.error(
            "Worker %s could not renew its key within %g s. It gives up its jobs and starts afresh.",
            self.id,
            self.options.ttl,
        )
        self._patience.fenced.set()

    # the end

    async def _die(self) -> None:
        self._runner.stop(Stop.FENCE)
        await self._let_end(HAND_BACK)
        if left := self._runner.in_threads:
            log.warning(
                "%d synchronous handlers of worker %s do not stop. They settle nothing; their threads end with them.",
                left,
                self.id,
            )

    async def _finish(self) -> None:
        """Take no more, let running jobs finish within the grace, hand the rest back."""
        announcing = asyncio.create_task(self._announce())
        hurried = asyncio.create_task(self._hurry.wait())
        waiting = asyncio.create_task(self._let_end(self.options.grace))
        await asyncio.wait([waiting, hurried], return_when=asyncio.FIRST_COMPLETED)
        await end([waiting, hurried, announcing])
        if self._slots.tasks:
            log.warning("Worker %s hands back %d running jobs.", self.id, len(self.attempts))
            self._runner.stop(Stop.SHUTDOWN)
            await self._let_end(HAND_BACK)

    async def _let_end(self, seconds: float) -> None:
        """Begin nothing, give the bench back, and wait so long for what runs."""
        self._slots.open = self._taking.wanted = False
        clearing = asyncio.create_task(self._balancer.balance())
        await asyncio.wait([clearing, *self._slots.tasks], timeout=seconds)
        await end([clearing])

    async def _announce(self) -> None:
        """Let the console know at once; the next heartbeat would be too late for a short stop."""
        try:
            await self._heartbeat.beat()
        except StoreError as failure:
            log.warning("Worker %s could not say that it is stopping: %s", self.id, failure)

    async def _close(self) -> None:
        left = self._runner.in_threads
        await end(self._slots.tasks)
        await self._taking.close()
        self._runner.close()
        try:
            await self.metrics.flush()
            await self.store.resign(self.id)
            if left:
                # Alive until its key runs out: their jobs must not start elsewhere while they may still run here.
                log.warning("%d synchronous handlers of worker %s still run.", left, self.id)
            else:
                await self.store.forget_worker(self.id)
        except StoreError as failure:
            log.warning("Worker %s could not sign off; its key runs out by itself: %s", self.id, failure)
