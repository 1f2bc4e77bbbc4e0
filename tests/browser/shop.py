"""The project that the console shows: its console and workers run for all tests, its jobs are each test's own."""

from __future__ import annotations

from queueing import Backoff, JobOptions, JobState
from queueing.domain.reading import JobFilter
from queueing.domain.states import FINISHED, WAITING
from tests.acceptance.graves import dig
from tests.acceptance.project import QUEUES, Project
from tests.eventually import eventually

APPS = "tests.acceptance.shop,tests.browser.workshop"
SOON = JobOptions(backoff=Backoff.fixed(0.5))
ALL_QUEUES = (*QUEUES, "bench")
SLOTS = 5
PASSWORD = "correct horse"
OPERATION = """
from django.utils import timezone
from dashboard.models import Chunk, Operation
made = Operation.objects.create(
    act="retry", described="state:failed queue:parcels", back="/jobs", reason="mended", who="otto", state="done",
    total=2, done=1, skipped=1, began_at=timezone.now(), ended_at=timezone.now(),
)
Chunk.objects.create(
    operation=made, number=0, ids="a\\nb", why={"1": "it is already queued"}, skipped=1, done_at=timezone.now()
)
print(made.pk)
"""


SCHEDULE = """
from dashboard.models import ScheduleRecord
from dashboard.schedules import force
record, made = ScheduleRecord.objects.get_or_create(
    name="{name}", type="greet", payload='{{"name":"Ada"}}', expression="30 2 * * *", tz="Europe/Berlin"
)
force.declare(record)
"""


PRESET = """
from django.contrib.auth import get_user_model
from dashboard.models import Preset
preset, made = Preset.objects.update_or_create(
    user=get_user_model().objects.get(username="admin"), name="two stars",
    defaults={"type": "wrap", "payload": '{"order":2,"ribbon":1}', "left_out": '["tags"]', "schema": "of before"},
)
print(preset.pk)
"""


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

    async def lose_many(self, count: int) -> list[str]:
        """Failed jobs of ``parcels`` whose dead letters are not in the broker."""
        return await dig(self.cluster, count)

    async def operate(self) -> str:
        """The number of an operation that has ended and left one job out."""
        return (await self.manage("shell", "--verbosity", "0", "-c", OPERATION)).strip()

    async def schedule(self, name: str = "greet.nightly") -> str:
        """The name of a schedule that was made in the console and has run once, by hand."""
        await self.manage("shell", "--verbosity", "0", "-c", SCHEDULE.format(name=name))
        await self.cluster.operations.run_schedule(name, by="test")
        return name

    async def preset(self) -> str:
        """The number of a preset of the admin's whose handler has changed since."""
        return (await self.manage("shell", "--verbosity", "0", "-c", PRESET)).strip()

    async def group_of(self, job_id: str) -> str:
        """Once the leader has put the failed job into it."""

        async def filed() -> str | None:
            record = await self.job(job_id)
            return record.group if record is not None else None

        return await eventually(filed, timeout=20, message=f"{job_id} to be in a group")

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
