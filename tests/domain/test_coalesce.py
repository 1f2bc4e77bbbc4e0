"""Calls that share a round trip share no guilt."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from queueing.coalesce import Coalescer
from queueing.errors import BrokerError, StoreError, StoreFull, StoreUnavailable


@pytest.mark.parametrize("flaw", [ValueError("unforeseen"), StoreError("Redis refused a command")])
async def test_only_the_culprit_of_a_batch_fails(flaw: Exception) -> None:
    batches: list[int] = []

    async def run(items: Sequence[int]) -> list[int]:
        batches.append(len(items))
        if 5 in items:
            raise flaw
        return [item * 10 for item in items]

    call: Coalescer[int, int] = Coalescer(run)
    answers = await asyncio.gather(*map(call, range(8)), return_exceptions=True)
    assert answers == [0, 10, 20, 30, 40, flaw, 60, 70]
    assert await call(9) == 90
    assert max(batches) == 8, "they did share a round trip"


@pytest.mark.parametrize("outage", [StoreUnavailable, StoreFull, BrokerError])
async def test_an_outage_is_everybodys_and_is_not_tried_for_each(outage: type[Exception]) -> None:
    batches: list[int] = []

    async def run(items: Sequence[int]) -> list[int]:
        batches.append(len(items))
        raise outage("away")

    call: Coalescer[int, int] = Coalescer(run)
    answers = await asyncio.gather(*map(call, range(8)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [outage] * 8
    assert batches == [8]


async def test_too_few_answers_leave_no_caller_waiting() -> None:
    async def run(items: Sequence[int]) -> list[int]:
        return [item for item in items if item != 2]

    call: Coalescer[int, int] = Coalescer(run)
    answers = await asyncio.gather(*map(call, range(4)), return_exceptions=True)
    assert answers[:2] == [0, 1] and answers[3] == 3
    assert isinstance(answers[2], RuntimeError)


async def test_a_call_that_finds_nothing_in_flight_runs_at_once_and_alone() -> None:
    batches: list[list[int]] = []
    gate = asyncio.Event()

    async def run(items: Sequence[int]) -> list[int]:
        batches.append(list(items))
        await gate.wait()
        return [item * 10 for item in items]

    call: Coalescer[int, int] = Coalescer(run, at_once=True)
    calls = [asyncio.create_task(call(number)) for number in range(4)]
    await asyncio.sleep(0)
    assert batches == [[0]]
    gate.set()
    assert await asyncio.gather(*calls) == [0, 10, 20, 30]
    assert batches == [[0], [1, 2, 3]]
    assert await call(4) == 40


async def test_whoever_gives_up_alone_leaves_the_way_to_those_who_wait() -> None:
    async def run(items: Sequence[int]) -> list[int]:
        if 0 in items:
            await asyncio.Event().wait()
        return list(items)

    call: Coalescer[int, int] = Coalescer(run, at_once=True)
    stuck, other = asyncio.create_task(call(0)), asyncio.create_task(call(1))
    await asyncio.sleep(0)
    stuck.cancel()
    assert await other == 1
    assert stuck.cancelled()


@pytest.mark.parametrize("failure", [StoreUnavailable("away"), ValueError("unforeseen")])
async def test_what_fails_alone_is_everybodys_only_where_a_server_is_away(failure: Exception) -> None:
    async def run(items: Sequence[int]) -> list[int]:
        await asyncio.sleep(0)
        if 0 in items:
            raise failure
        return list(items)

    call: Coalescer[int, int] = Coalescer(run, at_once=True)
    answers = await asyncio.gather(call(0), call(1), return_exceptions=True)
    assert answers == [failure, failure if isinstance(failure, StoreUnavailable) else 1]
