"""The stage of one row of the table: servers, workers, a producer, the ledger, and the verdict at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from queueing.domain.job import JobSummary
from queueing.domain.registry import Registry
from queueing.domain.states import JobState
from queueing.errors import LeveretError
from queueing.runtime import Cluster
from tests.chaos.fleet import Child, Fleet
from tests.chaos.ledger import BACK, FAULT, Ledger, Pen
from tests.chaos.setup import Setup
from tests.chaos.verdict import Verdict, judge
from tests.eventually import eventually

BATCH = 500


class Scene:
    def __init__(self, setup: Setup, folder: Path) -> None:
        self.setup, self.folder = setup, folder
        self.pen, self.ledger = Pen(setup.path), Ledger(setup.path)
        self.observer = Cluster(setup.cluster, types=Registry())
        """Looks on past whatever stands between the servers and the workers."""
        self._children: list[Child] = []
        self._fleets: list[Fleet] = []
        self._left: tuple[str, ...] = ("nobody has waited for the end",)

    @asynccontextmanager
    async def workers(self, *setups: Setup, environments: Sequence[dict[str, str]] = ()) -> AsyncIterator[Fleet]:
        """Two of this scene's own setup, or those given."""
        fleet = Fleet(setups or [self.setup] * 2, self.folder, self.pen, environments=environments)
        self._fleets.append(fleet)
        await fleet.start()
        yield fleet
        await fleet.stop()

    async def pour(
        self, jobs: int, *, rate: float = 0.0, seconds: float = 0.05, setup: Setup | None = None,
        environment: dict[str, str] | None = None,
    ) -> Child:  # fmt: skip
        """A process that adds jobs which take ``seconds`` each; ``rate`` in jobs a second, 0: as fast as it goes."""
        log = self.folder / f"producer-{len(self._children)}.log"
        child = await Child.start(
            setup or self.setup, "tests.chaos.producer", str(jobs), str(rate), str(seconds), log=log,
            environment=environment,
        )  # fmt: skip
        self._children.append(child)
        return child

    async def added(self, jobs: int, *, seconds: float) -> None:
        """As ``pour``, and wait until all are added."""
        child = await self.pour(jobs, seconds=seconds)
        await self._ended(child, timeout=120)

    async def done(self, share: float, jobs: int, *, timeout: float = 120.0) -> None:
        """Wait until that share of the load has run."""

        def done() -> bool:
            self._check()
            return len(self.ledger.refresh().finished) >= share * jobs

        await eventually(
            done,
            timeout=timeout,
            interval=0.05,
            message=f"{share:.0%} of {jobs} jobs to finish",
        )

    def fault(self, what: str) -> None:
        self.pen.write(FAULT, what)

    def back(self, what: str) -> None:
        self.pen.write(BACK, what)

    async def settled(self, *, timeout: float = 120.0) -> None:
        """Wait until all was added and nothing is in progress. What is lost for good is the verdict's to say, so
        this ends also when for ``QUIET`` seconds nothing has happened."""
        for child in self._children:
            await self._ended(child, timeout=timeout)
        end, seen, since = time.monotonic() + timeout, -1, time.monotonic()
        while time.monotonic() < end:
            self._check()
            runs = len(self.ledger.refresh().runs) + len(self.ledger.ends)
            if runs != seen:
                seen, since = runs, time.monotonic()
            done = self.ledger.added <= self.ledger.finished
            quiet = time.monotonic() - since > QUIET
            if done or quiet:
                self._left = await self._look()
            if quiet or (done and not self._left):
                return
            await asyncio.sleep(0.1)

    async def _ended(self, child: Child, *, timeout: float) -> None:
        assert await child.ended(timeout=timeout) == 0, f"the producer broke:\n{child.output[-2000:]}"

    def _check(self) -> None:
        for fleet in self._fleets:
            try:
                fleet.check()
            except AssertionError as ended:
                pytest.fail(str(ended))  # not an assertion, for those mean "not yet" to a poll

    async def _look(self) -> tuple[str, ...]:
        """What has not come to its end."""
        try:
            found = {f"jobs {state}": count for state, count in (await self.observer.inspector.counts()).items()}
            del found[f"jobs {JobState.SUCCEEDED}"]
            found["outbox entries"] = await self.observer.store.outbox_size()
            for queue in () if any(found.values()) else self.setup.queues:
                depth = await self.observer.broker.depth(queue)
                found |= {f"messages in {queue}": depth.ready or 0, f"dead letters of {queue}": depth.dead or 0}
        except LeveretError as failure:
            return (str(failure),)
        return tuple(f"{count} {what}" for what, count in found.items() if count)

    async def verdict(self, *, forgets: float = 0.0) -> Verdict:
        """``forgets``: a fault takes the records of that many seconds before it. A job that was done in them may have
        no record: nothing is left that could tell of it."""
        ids = sorted(self.ledger.refresh().added)
        records: dict[str, JobSummary | None] = {}
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            records |= zip(batch, await self.observer.store.summaries(batch), strict=True)
        forgotten = self.ledger.done_before_faults(forgets)
        return judge(self.ledger, records, forgotten=forgotten, left=self._left)

    async def close(self) -> None:
        for fleet in self._fleets:
            fleet.kill()
        for child in self._children:
            if child.alive:
                child.process.kill()
                await child.ended(timeout=10)
        await self.observer.close()
        self.pen.close()


QUIET = 60.0
"""Seconds without any run after which nothing more will come: longer than the leader waits with anything."""


@asynccontextmanager
async def staged(folder: Path, *, amqp_url: str, redis_url: str, prefix: str, **more: object) -> AsyncIterator[Scene]:
    setup = Setup(ledger=str(folder / "ledger"), amqp_url=amqp_url, redis_url=redis_url, prefix=prefix)
    scene = Scene(msgspec.structs.replace(setup, **more), folder)
    try:
        await scene.observer.open()
        yield scene
    finally:
        await scene.close()
