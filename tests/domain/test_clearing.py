"""Outbox entries of confirmed messages go without anybody waiting, in few calls."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Sequence

import pytest

from queueing.clearing import PAUSE, Clearing
from queueing.domain.job import JobRef
from queueing.errors import StoreUnavailable
from tests.eventually import eventually


class Outbox:
    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.away = False

    async def confirm(self, refs: Sequence[JobRef]) -> None:
        await asyncio.sleep(0)
        if self.away:
            raise StoreUnavailable("away")
        self.calls.append([ref.id for ref in refs])

    @property
    def cleared(self) -> list[str]:
        return [job for call in self.calls for job in call]


def refs(*numbers: int) -> list[JobRef]:
    return [JobRef(str(number), 1) for number in numbers]


async def test_the_first_goes_at_once_and_those_that_follow_go_together() -> None:
    outbox = Outbox()
    clearing = Clearing(outbox.confirm)
    for ref in refs(*range(5)):
        clearing.note(ref)
        await asyncio.sleep(0)
    await eventually(lambda: len(outbox.cleared) == 5)
    assert outbox.cleared == list("01234")
    assert outbox.calls[0] == ["0"]
    assert len(outbox.calls) == 2


async def test_whoever_finishes_waits_until_all_have_gone() -> None:
    outbox = Outbox()
    clearing = Clearing(outbox.confirm)
    for ref in refs(*range(3)):
        clearing.note(ref)
        await clearing.finish()
    assert outbox.cleared == list("012")
    await clearing.finish()
    clearing.note(refs(3)[0])
    clearing.note(refs(4)[0])
    await clearing.finish()
    assert outbox.cleared == list("01234")


async def test_entries_stay_while_the_store_is_away_and_it_is_said(caplog: pytest.LogCaptureFixture) -> None:
    outbox = Outbox()
    outbox.away = True
    clearing = Clearing(outbox.confirm)
    clearing.note(refs(1)[0])
    await clearing.finish()
    assert "The outbox entry of job 1 stays until the store is back: away" in caplog.text
    outbox.away = False
    clearing.note(refs(2)[0])
    await clearing.finish()
    assert outbox.cleared == ["2"], "what stayed is the leader's to send again"


@pytest.mark.parametrize("moment", ["during a call", "between two"])
def test_a_loop_that_ends_meanwhile_is_left_in_silence(capfd: pytest.CaptureFixture[str], moment: str) -> None:
    begun: list[list[str]] = []
    has_begun = asyncio.Event()

    async def confirm(refs: Sequence[JobRef]) -> None:
        begun.append([ref.id for ref in refs])
        has_begun.set()
        if moment == "during a call" or len(begun) == 2:
            await asyncio.Event().wait()

    async def leaves() -> None:
        clearing = Clearing(confirm)
        clearing.note(refs(1)[0])
        await has_begun.wait()
        clearing.note(refs(2)[0])
        # What keeps the loop from ending at once, as a resolver of names does.
        asyncio.get_running_loop().run_in_executor(None, time.sleep, 10 * PAUSE)

    asyncio.run(leaves())
    gc.collect()
    assert capfd.readouterr().err == ""
    assert begun == [["1"]], "the leader looks after the other"
