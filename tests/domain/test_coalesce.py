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
