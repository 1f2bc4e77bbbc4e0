"""What fails is found in its group, however it failed."""

from __future__ import annotations

from queueing import JobOptions, JobState
from queueing.domain.failures import FailureGroup, group_of
from queueing.domain.job import ErrorInfo
from queueing.domain.ports import Destination, Outgoing
from tests.eventually import eventually
from tests.worker.engines import QUEUE, Engine

ONCE = JobOptions(max_attempts=1)


class RoadClosed(Exception):
    pass


def ship(order: int) -> None:
    raise RoadClosed(f"the road to order {order} is closed")


async def groups(engine: Engine, failures: int) -> list[FailureGroup]:
    """Once that many failures have been counted."""

    async def counted() -> list[FailureGroup] | None:
        found = await engine.cluster.inspector.groups()
        return found if sum(group.total for group in found) >= failures else None

    return await eventually(counted)


async def test_jobs_that_fail_alike_are_one_group_with_a_traceback(engine: Engine) -> None:
    engine.handle("ship", ship)
    async with engine.working():
        ids = [await engine.add("ship", {"order": order}, ONCE) for order in (1, 22, 333)]
        [group] = await groups(engine, 3)
    assert (group.total, group.open, group.queues) == (3, 3, (QUEUE,))
    assert group.pattern == "the road to order <n> is closed"
    assert group.place.startswith("tests/worker/test_failure_groups.py:")
    assert group.place.endswith(" ship")
    found = await engine.cluster.inspector.group(group.id)
    assert found is not None
    _, error = found
    assert error is not None and error.frames[-1].source
    for job_id in ids:
        job = await engine.job(job_id)
        assert job.group == group.id
        assert job.error is not None and group_of(job.type, job.error) == group.id


async def test_a_retried_group_is_open_no_longer(engine: Engine) -> None:
    closed = [True]
    engine.handle("ship", lambda order: ship(order) if closed else "on its way")
    async with engine.working():
        ids = [await engine.add("ship", {"order": order}, ONCE) for order in (1, 2, 3)]
        [group] = await groups(engine, 3)
    cluster = engine.cluster
    closed.clear()
    first = await cluster.operations.retry_group(group.id, by="mira", limit=2)
    assert [change.ref.id for change in first if change.ref and change.done] == ids[:2]
    async with engine.working():
        for job_id in ids[:2]:
            await engine.becomes(job_id, JobState.SUCCEEDED)
    [group] = await cluster.inspector.groups()
    assert (group.total, group.open) == (3, 1)
    [gone] = await cluster.operations.discard_group(group.id)
    assert gone.done
    assert await cluster.store.get(ids[2]) is None


async def test_what_nobody_handles_what_is_no_job_and_what_the_broker_buried_have_groups_too(engine: Engine) -> None:
    broker = engine.cluster.broker
    await broker.declare(QUEUE)
    nonsense = Outgoing(queue=QUEUE, type="", body=b"\xff{", headers={}, message_id="m-1", raw=True)
    stranger = Outgoing(
        queue=QUEUE, type="ship", body=b'{"type":"ship","payload":{}}', headers={}, message_id="m-2",
        destination=Destination.DEAD,
    )  # fmt: skip
    await broker.publish([nonsense, stranger])
    async with engine.working():
        await engine.add("unheard_of")
        found = await groups(engine, 3)
    assert {group.kind for group in found} == {"NoHandler", "Malformed", "DeadLettered"}
    assert {group.place for group in found} == {""}


async def test_the_release_that_a_worker_runs_is_noted(engine: Engine) -> None:
    await engine.cluster.store.note_release("0.0-before")
    async with engine.working():
        deploy = await eventually(engine.cluster.inspector.deploy)
    assert deploy.release != "0.0-before"


def test_a_verdict_without_traceback_has_a_group_of_its_own_per_type() -> None:
    error = ErrorInfo(kind="NoHandler", message="no handler is registered for the type x")
    assert group_of("x", error) != group_of("y", error)
