from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from dashboard.live import source as module
from dashboard.live.hub import Mode
from dashboard.live.source import StoreSource
from queueing.domain.reading import Hint
from tests.dashboard.live.conftest import ALL, FakeStore
from tests.eventually import eventually


async def same_loop(work: Coroutine[Any, Any, None]) -> None:
    await work


async def lose_notifications(store: FakeStore, told: Told) -> None:
    await eventually(lambda: store.listeners)
    store.notifies, store.down = False, True
    await eventually(lambda: told.modes[-1] == "blind")
    store.down = False
    await eventually(lambda: told.modes[-1] == "polling")


class Told:
    def __init__(self) -> None:
        self.hints: list[Hint] = []
        self.modes: list[Mode] = []


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
async def told(store: FakeStore, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Told]:
    for name in ("GATHER", "CHECK", "POLL", "RETRY"):
        monkeypatch.setattr(module, name, 0.02)
    told = Told()
    source = StoreSource(lambda: store, same_loop)  # type: ignore[arg-type, return-value]
    task = asyncio.create_task(source.follow(told.hints.append, told.modes.append))
    yield told
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_transition_is_hinted(store: FakeStore, told: Told) -> None:
    await eventually(lambda: store.listeners and told.hints == [ALL])
    store.transition("7")
    await eventually(lambda: Hint(kind="job", id="7") in told.hints)
    assert told.modes == ["live"]


async def test_following_begins_with_a_look_at_everything(told: Told) -> None:
    await eventually(lambda: told.hints == [ALL])


async def test_the_same_hint_many_times_in_a_moment_is_one(store: FakeStore, told: Told) -> None:
    await eventually(lambda: store.listeners and told.hints == [ALL])
    for _ in range(1000):
        store.transition("7")
    await eventually(lambda: told.hints.count(Hint(kind="job", id="7")) >= 1)
    assert len(told.hints) < 20


async def test_more_different_hints_than_anybody_could_look_at_are_one(store: FakeStore, told: Told) -> None:
    await eventually(lambda: store.listeners and told.hints == [ALL])
    for number in range(5000):
        store.transition(str(number))
    await eventually(lambda: told.hints.count(ALL) >= 2)
    assert len(told.hints) < module.MANY * 2


async def test_a_change_that_no_hint_told_of_is_found(store: FakeStore, told: Told) -> None:
    await eventually(lambda: store.listeners and told.hints == [ALL])
    store.transition(told=False)
    await eventually(lambda: told.hints == [ALL, ALL])


async def test_without_notifications_the_sequence_is_polled(store: FakeStore, told: Told) -> None:
    await lose_notifications(store, told)
    asked = store.asked
    await eventually(lambda: store.asked > asked)
    before = len(told.hints)
    store.transition()
    await eventually(lambda: told.hints[before:] == [ALL])


async def test_polling_finds_nothing_while_nothing_happens(store: FakeStore, told: Told) -> None:
    await lose_notifications(store, told)
    asked = store.asked
    await eventually(lambda: store.asked > asked + 3)
    before, asked = len(told.hints), store.asked
    await eventually(lambda: store.asked > asked + 5)
    assert len(told.hints) == before


async def test_notifications_that_are_switched_on_later_are_noticed(
    store: FakeStore, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HOPE", 0.05)
    await lose_notifications(store, told)
    store.notifies = True
    await eventually(lambda: told.modes[-1] == "live" and store.listeners)


async def test_a_store_that_goes_and_comes_back_is_looked_at_anew(store: FakeStore, told: Told) -> None:
    await eventually(lambda: store.listeners)
    store.down = True
    await eventually(lambda: told.modes[-1] == "blind")
    before = len(told.hints)
    store.down = False
    await eventually(lambda: told.modes[-1] == "live" and ALL in told.hints[before:])


async def test_a_hub_on_another_loop_than_the_engines_hears_the_same(store: FakeStore) -> None:
    from queueing import sync

    hints: list[Hint] = []
    source = StoreSource(lambda: store, sync.arun)  # type: ignore[arg-type, return-value]
    task = asyncio.create_task(source.follow(hints.append, lambda mode: None))
    await eventually(lambda: store.listeners and hints == [ALL])
    sync.engine_loop().call_soon_threadsafe(store.transition, "7")
    await eventually(lambda: Hint(kind="job", id="7") in hints)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await eventually(lambda: not store.listeners)
