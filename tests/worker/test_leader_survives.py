"""What one chore cannot handle ends neither the worker nor the other chores."""

from __future__ import annotations

import asyncio

import pytest

from queueing.domain.states import JobState
from queueing.worker.scheduler import Scheduler
from tests.eventually import eventually
from tests.worker.engines import Engine


async def test_a_chore_that_breaks_does_not_end_the_worker(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    broke = asyncio.Event()

    async def tend(self: Scheduler) -> None:
        broke.set()
        raise OverflowError("date value out of range")

    monkeypatch.setattr(Scheduler, "tend", tend)

    async def greet() -> str:
        return "hello"

    engine.handle("greet", greet)
    async with engine.working():
        await eventually(lambda: broke.is_set())
        job_id = await engine.add("greet")
        await engine.becomes(job_id, JobState.SUCCEEDED)
