"""Any run of restarts, deaths and races: each tick becomes one job, and none is left out."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from enum import Enum

from fakeredis import FakeServer
from hypothesis import given, settings
from hypothesis import strategies as st

from queueing.adapters.redis.embedded import embedded_store
from queueing.domain.ports import JobStore
from queueing.domain.schedules import CatchUp, Due, Schedule, cron, every, job_id, pass_over
from queueing.domain.timing import Timing

NIGHT = datetime(2026, 10, 24, 22, tzinfo=UTC)
"""Of the night on which Berlin's clocks go back: local midnight."""
TIMINGS = [
    cron("*/20 * * * *", tz="Europe/Berlin").timing,
    cron("15,45 1-4 * * *", tz="Europe/Berlin").timing,
    every(700).timing,
]


class Event(Enum):
    FIRE = "a leader fires what is due"
    RACE = "two leaders fire at once"
    DIE = "a leader dies between reading and firing"
    LATE = "a leader fires what it read before others did"
    RESTART = "a worker starts and declares"
    LOSE = "the records of finished jobs go"


class Story:
    """One schedule, on stores that share their keys. The time is told to the leaders, not read from a clock."""

    def __init__(self, timing: Timing) -> None:
        server = FakeServer()
        self.ada, self.bob = (embedded_store(server=server, prefix="story") for _ in range(2))
        self.schedule = Schedule(name="s", type="t", queue="q", timing=timing, catch_up=CatchUp.ALL)
        self.now, self.added, self.stale = NIGHT, list[str](), None

    async def begin(self) -> None:
        await self.ada.declare_schedules([self.schedule], source="code")
        await self.ada.pause_schedule("s", paused=True, by="tests")
        first = next(self.schedule.timing.ticks(NIGHT))
        await self.ada.pause_schedule("s", paused=False, by="tests", next_at=first)

    async def due(self, store: JobStore) -> Due | None:
        status = await store.schedule("s", firings=0)
        assert status is not None
        version = round(status.declared_at.timestamp() * 1000)
        due = Due(schedule=status.schedule, due_at=status.due_at, now=self.now, version=version)
        return due if status.due_at <= self.now else None

    async def fire(self, store: JobStore, due: Due | None) -> None:
        if due is not None:
            self.added += [one.ref.id for one in await store.fire(due, pass_over(due)) or ()]

    async def happens(self, event: Event) -> None:
        match event:
            case Event.FIRE:
                await self.fire(self.ada, await self.due(self.ada))
            case Event.RACE:
                both = [(store, await self.due(store)) for store in (self.ada, self.bob)]
                await asyncio.gather(*(self.fire(store, due) for store, due in both))
            case Event.DIE:
                self.stale = await self.due(self.bob)
            case Event.LATE:
                await self.fire(self.bob, self.stale)
            case Event.RESTART:
                await self.bob.declare_schedules([self.schedule], source="code", retire=["t"])
            case Event.LOSE:
                await self.ada.cancel(self.added, by="tests")
                await self.ada.discard(self.added)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(TIMINGS),
    st.lists(st.tuples(st.sampled_from(Event), st.integers(0, 5_000)), min_size=1, max_size=25),
)
def test_each_tick_becomes_one_job_whatever_happens(timing: Timing, events: list[tuple[Event, int]]) -> None:
    asyncio.run(_each_tick_once(timing, events))


async def _each_tick_once(timing: Timing, events: list[tuple[Event, int]]) -> None:
    story = Story(timing)
    await story.begin()
    for event, seconds in events:
        story.now += timedelta(seconds=seconds)
        await story.happens(event)
    await story.happens(Event.FIRE)
    ticks = []
    for tick in timing.ticks(NIGHT):
        if tick > story.now:
            break
        ticks.append(job_id("s", tick))
    assert story.added == ticks
    await story.ada.close()
    await story.bob.close()
