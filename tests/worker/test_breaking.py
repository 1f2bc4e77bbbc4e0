"""What the worker itself breaks on becomes a failed job; it takes nothing with it, and stays nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from queueing import JobState
from queueing.domain.message import Incoming
from queueing.domain.ports import Park, Settled, Settlement, Verdict
from queueing.errors import QueueArgumentsMismatch
from tests.eventually import eventually
from tests.worker.engines import BRISK, QUEUE, Engine


class Unwritable:
    """Breaks whoever asks what it is like."""

    def __repr__(self) -> str:
        raise RuntimeError("not to be written")


async def test_a_job_whose_claim_breaks_fails_and_its_neighbours_run(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = engine.cluster.store
    claim = store.claim

    async def break_on_culprits(messages: Sequence[Incoming], *, worker: str) -> list[Verdict]:
        if any(message.spec.type == "culprit" for message in messages):
            raise TypeError("unforeseen")
        return await claim(messages, worker=worker)

    engine.handle("touch", lambda: "touched")
    good = [await engine.add("touch") for _ in range(10)]
    bad = await engine.add("culprit")
    good += [await engine.add("touch") for _ in range(10)]
    monkeypatch.setattr(store, "claim", break_on_culprits)
    async with engine.working(msgspec.structs.replace(BRISK, leads=False)):
        for job_id in good:
            assert (await engine.becomes(job_id, JobState.SUCCEEDED)).attempt == 1
        await eventually(lambda: dead(engine, 1))
    monkeypatch.setattr(store, "claim", claim)
    async with engine.working():
        failed = await engine.becomes(bad, JobState.FAILED)
    assert failed.error is not None and failed.error.kind == "DeadLettered"


async def test_a_message_that_has_no_record_and_breaks_the_worker_becomes_a_failed_job(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = engine.cluster
    job = await engine.job(await engine.add("culprit"))
    await cluster.operations.cancel([job.id], by="mira")
    await cluster.store.discard([job.id])
    store: Any = cluster.store
    await store._connection.call("DEL", store._keys("tomb", job.id))

    async def break_always(messages: Sequence[Incoming], *, worker: str) -> list[Verdict]:
        raise TypeError("unforeseen")

    monkeypatch.setattr(cluster.store, "claim", break_always)
    async with engine.working():
        failed = await engine.becomes(job.id, JobState.FAILED)
        await eventually(lambda: dead(engine, 1))
    assert failed.error is not None and failed.error.kind == "InternalError"
    assert "TypeError: unforeseen" in failed.error.message


async def test_an_outcome_that_cannot_be_written_fails_its_job_and_no_other(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = engine.cluster.store.settle

    async def break_on_culprits(settlements: Sequence[Settlement]) -> list[Settled | None]:
        if any(item.result == b'"culprit"' for item in settlements):
            raise TypeError("unforeseen")
        return await settle(settlements)

    monkeypatch.setattr(engine.cluster.store, "settle", break_on_culprits)

    async def say(word: str) -> str:
        return word

    engine.handle("say", say)
    async with engine.working():
        bad = await engine.add("say", {"word": "culprit"})
        good = [await engine.add("say", {"word": "fine"}) for _ in range(10)]
        failed = await engine.becomes(bad, JobState.FAILED)
        for job_id in good:
            await engine.becomes(job_id, JobState.SUCCEEDED)
    assert failed.error is not None and failed.error.kind == "InternalError"


async def test_more_broken_deliveries_than_slots_do_not_stop_the_worker(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = engine.cluster.store.claim

    async def break_on_culprits(messages: Sequence[Incoming], *, worker: str) -> list[Verdict]:
        if any(message.spec.type == "culprit" for message in messages):
            raise TypeError("unforeseen")
        return await claim(messages, worker=worker)

    monkeypatch.setattr(engine.cluster.store, "claim", break_on_culprits)
    engine.handle("touch", lambda: "touched")
    await engine.cluster.producer.add_many(QUEUE, "culprit", [None] * (3 * BRISK.concurrency))
    last = await engine.add("touch")
    async with engine.working(msgspec.structs.replace(BRISK, leads=False)):
        await engine.becomes(last, JobState.SUCCEEDED)


async def test_a_result_that_cannot_be_written_costs_the_result_only(engine: Engine) -> None:
    async def give() -> Any:
        return Unwritable()

    engine.handle("give", give)
    job = await engine.done("give")
    assert job.state is JobState.SUCCEEDED


async def test_a_queue_that_cannot_be_written_to_ends_the_worker_not_the_job(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its arguments are nobody's fault who waits in it, and every job would meet them."""
    publish = engine.cluster.dispatch._publish

    async def refused(messages: Sequence[Any]) -> list[Exception | None]:
        return [QueueArgumentsMismatch("other arguments")] * len(messages)

    job_id = await engine.add("early")
    engine.handle("early", lambda: "ran")
    monkeypatch.setattr(publish, "_run", refused)
    monkeypatch.setattr(engine.cluster.store, "claim", _parking)
    task = asyncio.create_task(engine.cluster.worker(BRISK).run())
    with pytest.raises(ExceptionGroup) as ended:
        await asyncio.wait_for(task, 10)
    assert ended.group_contains(QueueArgumentsMismatch)
    monkeypatch.undo()
    async with engine.working():
        assert (await engine.becomes(job_id, JobState.SUCCEEDED)).attempt == 1


async def _parking(messages: Sequence[Incoming], *, worker: str) -> list[Verdict]:
    return [Park(delay=1.0, reason="limited")] * len(messages)


async def dead(engine: Engine, count: int) -> bool:
    return (await engine.cluster.broker.depth(QUEUE)).dead == count
