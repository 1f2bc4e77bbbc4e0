"""A page asks each question once, and a queue's depth is asked for once a second, whoever wants to know it."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from dashboard import engine, moment
from dashboard.access import Viewer
from dashboard.live import Watched, process
from dashboard.live.hub import rest
from dashboard.moment import Gauges, Once
from queueing.domain.ports import Broker
from queueing.domain.reading import LaneCount, QueueDepth, ServerHealth
from queueing.errors import BrokerUnavailable, StoreUnavailable
from queueing.inspector import Inspector
from tests.dashboard.shop import Shop


class Counting:
    """A broker and a store that count the questions."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.down = False

    async def depth(self, queue: str) -> QueueDepth:
        self.asked.append(f"depth {queue}")
        await asyncio.sleep(0)
        return QueueDepth(ready=len(self.asked), dead=0, consumers=0)

    async def waiting(self) -> list[int]:
        self.asked.append("waiting")
        return [len(self.asked)]

    async def lanes(self) -> list[LaneCount]:
        self.asked.append("lanes")
        if self.down:
            raise StoreUnavailable("away")
        return []

    async def get(self, job_id: str) -> str:
        self.asked.append(f"get {job_id}")
        return job_id


class Silent:
    """A broker that takes its time, as one that was stopped."""

    def __init__(self) -> None:
        self.asked = 0
        self.wakes = asyncio.Event()

    async def health(self) -> ServerHealth:
        self.asked += 1
        await self.wakes.wait()
        return ServerHealth(name="RabbitMQ", ok=True)

    async def depth(self, queue: str) -> QueueDepth:
        await self.wakes.wait()
        return QueueDepth(ready=7, dead=0, consumers=0)


async def test_a_page_does_not_wait_for_a_broker_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moment, "PATIENCE", 0.05)
    monkeypatch.setattr(moment, "BRIEF", 0.01)
    silent = Silent()
    gauges = Gauges(cast(Broker, silent))
    for _ in range(3):
        health = await gauges.health()
        assert (health.ok, health.detail) == (False, "RabbitMQ has not answered yet.")
        with pytest.raises(BrokerUnavailable):
            await gauges.depth("media")
    assert silent.asked == 1, "the question is still out"
    silent.wakes.set()
    await asyncio.sleep(0)
    assert (await gauges.health()).ok
    assert (await gauges.depth("media")).ready == 7
    assert (await gauges.health()).ok


async def test_a_moment_asks_once_and_gives_all_the_same_answer() -> None:
    counting = Counting()
    once = Once(counting)
    first, second = await asyncio.gather(once.lanes(), once.lanes())
    assert first is second and await once.lanes() is first
    assert counting.asked == ["lanes"]
    # What names a job is no question of the whole page.
    assert [await once.get("a"), await once.get("a")] == ["a", "a"]
    assert counting.asked == ["lanes", "get a", "get a"]


async def test_an_outage_is_one_answer_too() -> None:
    counting = Counting()
    counting.down = True
    once = Once(counting)
    answers = await asyncio.gather(once.lanes(), once.lanes(), return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreUnavailable, StoreUnavailable]
    assert counting.asked == ["lanes"]
    # The next page asks anew.
    counting.down = False
    assert await Once(counting).lanes() == []


async def test_whoever_gives_up_does_not_take_the_answer_from_others() -> None:
    counting = Counting()
    gauges = Gauges(counting)
    hasty, patient = asyncio.ensure_future(gauges.depth("post")), asyncio.ensure_future(gauges.depth("post"))
    await asyncio.sleep(0)
    hasty.cancel()
    assert (await patient).ready == 1
    assert hasty.cancelled() and counting.asked == ["depth post"]


async def test_a_depth_is_read_again_after_a_second_and_after_an_act(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(moment.time, "monotonic", lambda: now[0])
    counting = Counting()
    gauges = Gauges(counting)
    assert [(await gauges.depth("post")).ready for _ in range(3)] == [1, 1, 1]
    assert (await gauges.depth("parcels")).ready == 2
    now[0] += moment.BEARABLE + 0.01
    assert (await gauges.depth("post")).ready == 3
    gauges.forget()
    assert (await gauges.depth("post")).ready == 4


async def test_after_a_second_the_next_reading_is_taken_while_the_last_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(moment.time, "monotonic", lambda: now[0])
    counting = Counting()
    gauges = Gauges(counting)
    assert (await gauges.depth("post")).ready == 1
    now[0] += moment.FRESH + 0.01
    assert [(await gauges.depth("post")).ready for _ in range(2)] == [1, 1]
    for _ in range(100):  # turns of the loop, whose clock stands still here
        if (await gauges.depth("post")).ready == 2:
            break
        await asyncio.sleep(0)
    assert counting.asked == ["depth post"] * 2
    # What was asked before an act is no answer after it.
    now[0] += moment.FRESH + 0.01
    assert (await gauges.depth("post")).ready == 2
    gauges.forget()
    assert (await gauges.depth("post")).ready > 2
    assert len(counting.asked) == 4


async def test_the_ladder_is_read_once_a_second_whichever_queue_it_is_shown_with() -> None:
    counting = Counting()
    gauges = Gauges(counting)
    assert await asyncio.gather(gauges.waiting(), gauges.waiting()) == [[1], [1]]
    await gauges.depth("post")
    assert await gauges.waiting() == [1]
    gauges.forget()
    assert await gauges.waiting() == [3]


def test_all_parts_of_a_page_share_one_look(viewer: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    lanes = shop.cluster.store.lanes

    async def counted() -> list[LaneCount]:
        asked.append("lanes")
        return await lanes()

    monkeypatch.setattr(shop.cluster.store, "lanes", counted)
    for page in ("/", "/queues", "/jobs"):
        asked.clear()
        assert viewer.get(page).status_code == 200
        assert asked == ["lanes"], page


def test_outside_of_a_page_each_look_is_fresh(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Inspector] = []

    async def note(inspector: Inspector) -> Broker:
        seen.append(inspector)
        return inspector._broker

    assert engine.look(note) is engine.look(note)  # the gauges are those of the cluster
    with engine.one_moment():
        engine.look(note)
        engine.look(note)
    assert seen[0] is not seen[1] and seen[2] is seen[3]


async def test_what_is_rendered_together_asks_once_and_what_comes_later_anew(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    lanes = shop.cluster.store.lanes

    async def counted() -> list[LaneCount]:
        nonlocal asked
        asked += 1
        return await lanes()

    monkeypatch.setattr(shop.cluster.store, "lanes", counted)
    viewer = Viewer(frozenset({"view"}))
    views = [Watched.of(name, {}, viewer) for name in ("jobs.tabs", "overview.tiles", "overview.queues")]
    before = await asyncio.gather(*map(process.render, views))
    assert asked == 1
    assert await asyncio.gather(*map(process.render, views)) == before
    assert asked == 2


@given(begun=st.floats(0, 1e9), took=st.floats(0, 60), interval=st.floats(0.01, 5))
def test_a_view_rests_as_long_as_it_took_and_no_longer_than_two_turns_more(
    begun: float, took: float, interval: float
) -> None:
    pause = rest(begun, begun + took, interval)
    again = begun + took + pause
    assert pause >= took - 1e-3
    assert again - begun >= interval / 2 - 1e-3
    assert pause <= took + 2 * interval + 1e-3
    assert abs(again / interval - round(again / interval)) < 1e-3


def test_a_list_is_not_read_again_to_be_shown(operator: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = shop.fail(shop.add("send_letter", queue="post"))
    asked: list[str] = []
    for name in ("page", "summaries", "oldest"):
        method = getattr(shop.cluster.store, name)

        async def counted(*args, name=name, method=method, **options):
            asked.append(name)
            return await method(*args, **options)

        monkeypatch.setattr(shop.cluster.store, name, counted)
    for page in ("/jobs", "/jobs?state=failed", "/jobs?follow=1", "/dead-letters/post"):
        asked.clear()
        assert failed in operator.get(page).content.decode()
        assert sorted(asked) == ["oldest", "page"], page
