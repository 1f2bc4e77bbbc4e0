"""The project that the console shows: its console and workers run for all tests, its jobs are each test's own."""

from __future__ import annotations

from queueing import Backoff, JobOptions, JobState
from queueing.domain.reading import JobFilter
from queueing.domain.states import FINISHED, WAITING
from tests.acceptance.project import QUEUES, Project
from tests.eventually import eventually

APPS = "tests.acceptance.shop,tests.browser.workshop"
SOON = JobOptions(backoff=Backoff.fixed(0.5))
ALL_QUEUES = (*QUEUES, "bench")
SLOTS = 5
PASSWORD = "correct horse"


class Shop(Project):
    async def add(self, type_: str, /, *, options: JobOptions | None = None, **payload: object) -> str:
        queue = {"ship": "parcels", "wrap": "bench"}.get(type_, "post")
        return await self.cluster.producer.add(queue, type_, payload, options or SOON)

    async def tie(self, order: int | str = "all") -> None:
        """Let this order's ``wrap`` end, or every one."""
        (self.folder / f"ribbon-{order}").touch()

    async def fill_the_benches(self) -> list[str]:
        """All slots of the workers run something that ends when it is told to; whatever comes now waits."""
        return [
            (await self.becomes(await self.add("wrap", order=order), JobState.RUNNING)).id for order in range(SLOTS)
        ]

    async def lose_parcels(self, count: int, *, first: int = 1) -> list[str]:
        """Dead letters of ``parcels``, newest last."""
        ids = []
        for order in range(first, first + count):
            ids.append(await self.add("ship", order=order, options=JobOptions(max_attempts=1)))
            await self.becomes(ids[-1], JobState.FAILED)
        return ids

    async def clear(self) -> None:
        """Nothing waits, runs or rests any more, and no road is mended."""
        await self.tie()
        operations = self.cluster.operations
        for queue in ALL_QUEUES:
            await operations.resume(queue, by="test")
            await operations.purge(queue, by="test")

        async def idle() -> bool:
            counts = await self.counts()
            return not any(counts.get(state) for state in {*WAITING, JobState.RUNNING})

        await eventually(idle, timeout=30, message="the workers to be idle")
        await operations.discard_matching(JobFilter(states=tuple(sorted(FINISHED))))
        for left in (*self.folder.glob("ribbon-*"), *self.folder.glob("mended"), *self.folder.glob("ledger")):
            left.unlink()
