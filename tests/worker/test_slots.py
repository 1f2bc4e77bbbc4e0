"""Slots: so many handlers at a time, and as many deliveries that are being settled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Any

import pytest

from queueing.worker.bench import Bench, Held
from queueing.worker.endings import end
from queueing.worker.slots import Slots
from tests.eventually import eventually


class Letter:
    """A delivery that nobody settles."""

    queue = "post"
    body = b""
    headers: Mapping[str, Any] = {}
    message_id: str | None = None
    type: str | None = None
    timestamp: datetime | None = None
    redelivered = False
    returned = 0

    async def ack(self) -> None: ...
    async def release(self) -> None: ...


class Scene:
    def __init__(self, size: int) -> None:
        self.begun = list[Held]()
        self.ends = dict[Held, asyncio.Event]()
        self.rooms = 0
        self.slots = Slots(size, Bench(()), self._work, self._on_room)

    async def _work(self, held: Held) -> bool:
        self.begun.append(held)
        await self.ends.setdefault(held, asyncio.Event()).wait()
        return False

    def _on_room(self) -> None:
        self.rooms += 1

    def offer(self, count: int) -> None:
        for _ in range(count):
            self.slots.offer(Letter())

    async def begins(self, count: int) -> None:
        await eventually(lambda: len(self.begun) == count)
        await asyncio.sleep(0)
        assert len(self.begun) == count


@pytest.fixture
async def scene_of() -> AsyncIterator[Callable[[int], Scene]]:
    """A scene of so many slots, whose deliveries are let go of at the end."""
    scenes: list[Scene] = []

    def make(size: int) -> Scene:
        scenes.append(Scene(size))
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.slots.open = False
        await end(scene.slots.tasks)


async def test_whose_outcome_is_on_its_way_leaves_its_slot_to_the_next(scene_of: Callable[[int], Scene]) -> None:
    scene = scene_of(2)
    scene.offer(5)
    await scene.begins(2)
    scene.slots.vacate(scene.begun[:1])
    await scene.begins(3)
    scene.slots.vacate(scene.begun[:1])  # told again, as after an outage: that frees no second slot
    await scene.begins(3)


async def test_as_many_are_settled_as_there_are_slots_and_no_more(scene_of: Callable[[int], Scene]) -> None:
    scene = scene_of(2)
    scene.offer(10)
    await scene.begins(2)
    scene.slots.vacate(scene.begun[:2])
    await scene.begins(4)
    scene.slots.vacate(scene.begun[2:4])
    await scene.begins(4)
    assert scene.slots.free == 0
    scene.ends[scene.begun[0]].set()
    await scene.begins(5)


async def test_no_slot_is_free_for_the_broker_until_all_is_settled(scene_of: Callable[[int], Scene]) -> None:
    scene = scene_of(2)
    scene.offer(2)
    await scene.begins(2)
    scene.slots.vacate(scene.begun)
    assert (scene.slots.free, scene.rooms, scene.slots.held["post"]) == (0, 0, 2)
    for held in scene.begun:
        scene.ends[held].set()
    await eventually(lambda: scene.slots.free == 2)
    assert (scene.rooms, scene.slots.held["post"]) == (2, 0)


async def test_one_that_ends_without_an_outcome_frees_its_slot_once(scene_of: Callable[[int], Scene]) -> None:
    scene = scene_of(1)
    scene.offer(3)
    await scene.begins(1)
    scene.ends[scene.begun[0]].set()
    await scene.begins(2)
    scene.slots.vacate(scene.begun[:1])
    await scene.begins(2)


async def test_nothing_begins_in_a_vacated_slot_once_the_worker_stops(scene_of: Callable[[int], Scene]) -> None:
    scene = scene_of(1)
    scene.offer(2)
    await scene.begins(1)
    scene.slots.open = False
    scene.slots.vacate(scene.begun)
    await scene.begins(1)
