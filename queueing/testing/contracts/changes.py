"""What hints promise."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from queueing.domain.ports import JobStore
from queueing.domain.reading import Hint
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import added, alive, claimed, ending, in_state, job, settled
from queueing.testing.contracts.others import MakeAnother, opened
from queueing.testing.eventually import eventually


class Listener:
    task: asyncio.Task[None]

    def __init__(self) -> None:
        self.hints: list[Hint] = []

    async def heard(self, kind: str, name: str = "") -> bool:
        return await eventually(lambda: any((hint.kind, hint.id) == (kind, name) for hint in self.hints))


@contextlib.asynccontextmanager
async def listening(store: JobStore) -> AsyncIterator[Listener]:
    """Someone who hears of every change from here on: a change is made until the first hint comes."""
    listener = Listener()

    async def listen() -> None:
        async for hint in store.changes():
            listener.hints.append(hint)

    task = listener.task = asyncio.create_task(listen())

    async def first_hint() -> bool:
        await store.pause("warm-up", paused=False, by="")
        return bool(listener.hints) or task.done()

    await eventually(first_hint)
    try:
        yield listener
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_job_is_hinted_at_in_every_step_of_its_life(store: JobStore):
    await alive(store)
    async with listening(store) as listener:
        spec = job()
        await store.add([spec])
        assert await listener.heard("job", spec.id)
        listener.hints.clear()
        run = await claimed(store, spec)
        assert await listener.heard("job", spec.id)
        listener.hints.clear()
        await settled(store, ending(spec, run))
        assert await listener.heard("job", spec.id)
        listener.hints.clear()
        await store.discard([spec.id])
        assert await listener.heard("job", spec.id)


async def test_a_transition_is_hinted_at_once(store: JobStore):
    await alive(store)
    spec = await added(store)
    async with listening(store) as listener:
        await settled(store, ending(spec, await claimed(store, spec)))
        await store.pause("last", paused=True, by="ada")
        await listener.heard("queue", "last")
        assert [hint.id for hint in listener.hints if hint.kind == "job"] == [spec.id] * 2


async def test_workers_and_queues_are_hinted_at(store: JobStore):
    async with listening(store) as listener:
        await store.pause("post", paused=True, by="ada")
        assert await listener.heard("queue", "post")
        await alive(store, "bob")
        assert await listener.heard("worker", "bob")


async def test_other_stores_are_not_heard(store: JobStore, make_another: MakeAnother):
    async with listening(store) as listener:
        spec = await added(await opened(make_another))
        assert await listener.heard("job", spec.id)
        assert {hint.kind for hint in listener.hints} <= {"job", "queue"}


async def test_several_can_listen(store: JobStore):
    async with listening(store) as one, listening(store) as other:
        spec = await in_state(store, JobState.FAILED)
        assert await one.heard("job", spec.id)
        assert await other.heard("job", spec.id)
