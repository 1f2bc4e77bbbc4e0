"""Dead letters and records are brought into agreement, both ways, without walking through the queue for ever."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import pytest

from queueing import JobOptions, JobState
from queueing.dispatch import Letter, outgoing
from queueing.domain.job import JobRef
from queueing.domain.message import Incoming
from queueing.domain.ports import DeadLetter, Destination, Outgoing, Run, Settlement
from queueing.domain.reading import JobFilter
from queueing.worker import excess
from queueing.worker.dead_letters import DeadLetterKeeper
from tests.eventually import eventually
from tests.worker.engines import QUEUE, Engine

FOREIGN = b'{"type":"touch","payload":{"from":"elsewhere"}}'


class Keeper(DeadLetterKeeper):
    """Counts how many dead letters it takes out to look at."""

    def __init__(self, engine: Engine) -> None:
        cluster = engine.cluster
        super().__init__(cluster.broker, cluster.store, cluster.dispatch, worker="keeper")
        self.looked_at = 0

    async def _keep(self, letters: Sequence[DeadLetter], seen: set[JobRef]) -> list[bool]:
        self.looked_at += len(letters)
        return await super()._keep(letters, seen)


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excess, "REST", 0)


async def failed(engine: Engine, count: int, options: JobOptions | None = None) -> list[str]:
    """Jobs that failed as they do, with their dead letters."""
    cluster = engine.cluster
    ids = await cluster.producer.add_many(QUEUE, "touch", [None] * count, options)
    await cluster.broker.purge(QUEUE)
    jobs = [await engine.job(job_id) for job_id in ids]
    runs = await cluster.store.claim([Incoming(spec=job.spec, epoch=1, attempt=0) for job in jobs], worker="ada")
    ends = [
        Settlement(ref=JobRef(job.id, 1), token=run.token, outcome=JobState.FAILED)
        for job, run in zip(jobs, runs, strict=True)
        if isinstance(run, Run)
    ]
    settled = [one.ref for one in await cluster.store.settle(ends) if one is not None]
    assert await cluster.dispatch.resend(settled) == [None] * count
    return ids


async def dead(engine: Engine) -> int:
    return (await engine.cluster.broker.depth(QUEUE)).dead or 0


async def has_dead(engine: Engine, count: int) -> None:
    async def counted() -> bool:
        return await dead(engine) == count

    await eventually(counted, message=f"{count} dead letters")


async def foreign(engine: Engine) -> str:
    """A message that someone else put into the dead-letter queue; returns the id of its job."""
    message = Outgoing(
        queue=QUEUE,
        type="touch",
        body=FOREIGN,
        headers={"trace": "a1"},
        message_id=str(uuid.uuid4()),
        destination=Destination.DEAD,
    )
    assert await engine.cluster.broker.publish([message]) == [None]
    return message.message_id


async def ids_of(engine: Engine, state: JobState) -> Sequence[str]:
    ids, _ = await engine.cluster.store.ids(JobFilter(states=(state,)), after=None, limit=1_000)
    return ids


async def test_a_stale_dead_letter_behind_many_is_removed_and_the_others_are_left_alone(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excess, "FIRST", 20)
    ids = await failed(engine, 100)
    await has_dead(engine, 100)
    await engine.cluster.operations.retry([ids[-1]], by="mira")
    keeper = Keeper(engine)

    async def removed() -> bool:
        await keeper.tend()
        return await dead(engine) == 99

    await eventually(removed)
    await has_dead(engine, 99)
    looked_at = keeper.looked_at
    for _ in range(20):
        await keeper.tend()
    assert keeper.looked_at == looked_at


async def test_a_dead_letter_that_was_published_twice_is_there_once(engine: Engine) -> None:
    [job_id] = await failed(engine, 1)
    job = await engine.job(job_id)
    again = outgoing(
        Letter(spec=job.spec, ref=JobRef(job_id, job.epoch), dead=True), now=engine.cluster.store.clock.now()
    )
    assert await engine.cluster.broker.publish([again]) == [None]
    await has_dead(engine, 2)
    await Keeper(engine).tend()
    await has_dead(engine, 1)


async def test_a_letter_of_a_later_life_than_the_record_is_right(engine: Engine) -> None:
    """Redis came back from an older state of itself: it takes a failed job for one that waits."""
    job_id = await engine.add("touch")
    await engine.cluster.broker.purge(QUEUE)
    job = await engine.job(job_id)
    later = outgoing(Letter(spec=job.spec, ref=JobRef(job_id, 4), dead=True), now=engine.cluster.store.clock.now())
    assert await engine.cluster.broker.publish([later]) == [None]
    await has_dead(engine, 1)
    keeper = Keeper(engine)

    async def failed_with_its_letter() -> bool:
        await keeper.tend()
        job = await engine.job(job_id)
        return (job.state, job.epoch, await dead(engine)) == (JobState.FAILED, 5, 1)

    await eventually(failed_with_its_letter)


@pytest.mark.parametrize("epoch", [-1, True, 2**41, "1", 1.0])
async def test_an_epoch_that_can_be_none_removes_no_letter(engine: Engine, epoch: object) -> None:
    job_id = await engine.add("touch")
    await engine.cluster.broker.purge(QUEUE)
    forged = Outgoing(
        queue=QUEUE,
        type="touch",
        body=FOREIGN,
        headers={"leveret-job": job_id, "leveret-epoch": epoch},
        message_id=job_id,
        destination=Destination.DEAD,
    )
    assert await engine.cluster.broker.publish([forged]) == [None]
    await has_dead(engine, 1)
    await Keeper(engine).tend()
    assert (await engine.job(job_id)).state is JobState.FAILED


async def test_what_cannot_be_settled_now_is_not_walked_through_at_every_pass(engine: Engine) -> None:
    await engine.cluster.store.register_queue(QUEUE)
    await engine.cluster.operations.pause(QUEUE, by="mira")
    for _ in range(3):
        await foreign(engine)
    await has_dead(engine, 3)
    keeper = Keeper(engine)
    for _ in range(30):
        await keeper.tend()
        await has_dead(engine, 3)
    assert keeper.looked_at <= 9


async def test_a_foreign_dead_letter_is_taken_in_and_can_be_replayed(engine: Engine) -> None:
    ran: list[str] = []
    engine.handle("touch", lambda payload: ran.append(payload["from"]))
    await failed(engine, 2)
    job_id = await foreign(engine)
    await has_dead(engine, 3)
    keeper = Keeper(engine)
    await keeper.tend()
    taken = await engine.job(job_id)
    assert (taken.state, taken.error_kind) == (JobState.FAILED, "DeadLettered")
    assert taken.error is not None
    assert taken.error.headers["trace"] == "a1"
    await has_dead(engine, 3)
    async with engine.working():
        [changed] = await engine.cluster.operations.retry([job_id], by="mira")
        assert changed.done
        await engine.becomes(job_id, JobState.SUCCEEDED)
    assert ran == ["elsewhere"]


async def test_a_foreign_dead_letter_is_taken_in_though_somebody_removed_others(engine: Engine) -> None:
    """The count of dead letters alone does not tell: there are fewer than failed jobs."""
    await failed(engine, 5)

    async def none(found: Sequence[DeadLetter]) -> list[bool]:
        return [False] * len(found)

    await has_dead(engine, 5)
    assert await engine.cluster.broker.sweep_dead(QUEUE, none, limit=4) == 4
    await has_dead(engine, 1)
    keeper = Keeper(engine)
    for _ in range(excess.OBSERVED):
        await keeper.tend()
    assert keeper.looked_at == 0
    job_id = await foreign(engine)
    await has_dead(engine, 2)

    async def taken_in() -> bool:
        await keeper.tend()
        record = await engine.cluster.store.get(job_id)
        return record is not None and record.state is JobState.FAILED

    # A quorum queue may count what it does not deliver yet.
    await eventually(taken_in)


async def test_a_failed_job_whose_dead_letter_was_removed_can_be_replayed(engine: Engine) -> None:
    engine.handle("touch", lambda: "touched")
    [job_id] = await failed(engine, 1)

    async def none(found: Sequence[DeadLetter]) -> list[bool]:
        return [False] * len(found)

    await has_dead(engine, 1)
    await engine.cluster.broker.sweep_dead(QUEUE, none, limit=10)
    async with engine.working():
        [changed] = await engine.cluster.operations.retry([job_id], by="mira")
        assert changed.done
        await engine.becomes(job_id, JobState.SUCCEEDED)


async def test_the_dead_letter_of_a_trimmed_record_goes_and_brings_no_job_back(engine: Engine) -> None:
    await failed(engine, 1, JobOptions(retention=0))
    [kept] = await failed(engine, 1)
    await has_dead(engine, 2)
    await engine.cluster.store.trim(limit=10)
    await Keeper(engine).tend()
    await has_dead(engine, 1)
    assert await ids_of(engine, JobState.FAILED) == [kept]
