"""A slot's children, played by tasks: what becomes of a wish to replace that comes at any moment."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import cast

import pytest

from queueing.worker.burial import Undertaker
from queueing.worker.child import Child
from queueing.worker.slot import Slot
from tests.eventually import eventually


class Played:
    """A child that ends when it is told to."""

    def __init__(self, pid: int) -> None:
        self.pid, self.began = pid, asyncio.get_running_loop().time()
        self.lives: list[str] = []
        self.ready, self.replace, self.followed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._told, self._code = asyncio.Event(), 0
        self.exited = asyncio.create_task(self._live())

    @property
    def asked(self) -> bool:
        return self._told.is_set() and not self._code

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        self._told.set()

    def crash(self) -> None:
        self._code = 1
        self._told.set()

    async def _live(self) -> int:
        await self._told.wait()
        return self._code


class Nursery:
    """Starts children, each once it may."""

    def __init__(self) -> None:
        self.begun: list[Played] = []
        self.may_begin = asyncio.Event()
        self.may_work = True
        self.stopping = asyncio.Event()
        self.slot = Slot("Worker process", self.start, Undertaker(self.forget), self.stopping)
        self.task = asyncio.create_task(self.slot.run())

    async def start(self) -> Child:
        child = Played(len(self.begun))
        self.begun.append(child)
        await self.may_begin.wait()
        if self.may_work:
            child.ready.set()
        return cast(Child, child)

    async def forget(self, worker: str) -> None:
        raise AssertionError(f"{worker} had taken no jobs")

    @property
    def alive(self) -> list[int]:
        return [child.pid for child in self.begun if not child.exited.done()]


@pytest.fixture
async def nursery() -> AsyncIterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.stopping.set()
    nursery.may_begin.set()
    for child in nursery.begun:
        child.stop()
    await asyncio.wait_for(nursery.task, 5)


async def test_a_child_that_is_still_being_started_is_replaced_too(nursery: Nursery) -> None:
    """It may have read the old code already."""
    await eventually(lambda: nursery.begun)
    rolling = asyncio.create_task(nursery.slot.roll())
    await asyncio.sleep(0)
    nursery.may_begin.set()
    await asyncio.wait_for(rolling, 5)
    await eventually(lambda: nursery.alive == [1])


async def test_a_successor_that_is_still_being_started_is_replaced_too(nursery: Nursery) -> None:
    nursery.may_begin.set()
    await eventually(lambda: nursery.begun)
    nursery.may_begin.clear()
    nursery.begun[0].replace.set()
    await eventually(lambda: len(nursery.begun) == 2)
    rolling = asyncio.create_task(nursery.slot.roll())
    await asyncio.sleep(0)
    nursery.may_begin.set()
    await asyncio.wait_for(rolling, 5)
    await eventually(lambda: nursery.alive == [2])


async def test_a_slot_that_pauses_after_a_crash_has_nothing_to_replace(nursery: Nursery) -> None:
    nursery.may_begin.set()
    [first] = await eventually(lambda: nursery.begun)
    first.crash()
    await asyncio.wait([first.exited])
    await asyncio.wait_for(nursery.slot.roll(), 5)
    await eventually(lambda: nursery.alive == [1])


async def test_the_end_of_all_ends_a_replacement(nursery: Nursery) -> None:
    nursery.may_begin.set()
    await eventually(lambda: nursery.begun)
    nursery.may_work = False
    rolling = asyncio.create_task(nursery.slot.roll())
    await eventually(lambda: len(nursery.begun) == 2)
    nursery.stopping.set()
    await asyncio.wait_for(rolling, 5)
