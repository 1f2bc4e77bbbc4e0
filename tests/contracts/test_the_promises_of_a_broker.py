"""Those that a broker of somebody else's is held to as well, here with windows so small that sweeps have several."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from queueing.domain.ports import Broker, DeadLetter
from queueing.testing.contracts.broker import *
from queueing.testing.contracts.letters import QUEUE, dead, send
from queueing.testing.eventually import eventually


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("queueing.adapters.rabbitmq.dead_letters.WINDOW", 7)


async def test_a_sweep_that_fails_half_way_removes_only_what_was_to_go(broker: Broker, monkeypatch):
    monkeypatch.setattr("queueing.adapters.rabbitmq.dead_letters.WINDOW", 2)
    monkeypatch.setattr("queueing.adapters.memory.broker.WINDOW", 2)
    await send(broker, *(dead(text) for text in "abc"))

    async def keep(found: Sequence[DeadLetter]) -> list[bool]:
        if found[-1].body == b"c":
            raise RuntimeError("the store is away")
        return [letter.body == b"b" for letter in found]

    with pytest.raises(RuntimeError, match="the store is away"):
        await broker.sweep_dead(QUEUE, keep, limit=10)

    async def two() -> bool:
        return (await broker.depth(QUEUE)).dead == 2

    await eventually(two)
