"""Concurrent calls that share a round trip."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from queueing.errors import BrokerError, BrokerUnavailable, StoreFull, StoreUnavailable

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Coalescer(Generic[Item, Answer]):
    """One batch in flight; whatever is asked meanwhile forms the next.

    No timer, so a lone call is as quick as without it. ``run`` answers in the order of its items; an answer that is
    an exception is raised to its caller alone. An outage is raised to all callers of that batch, and where a server is
    away to those who wait for the next one too: else the last of many would wait for as many timeouts as there are
    batches before its own. Any other exception from ``run`` is some item's fault: then each runs by itself, so that
    only the culprit's caller has to do with it. ``run`` must bear being repeated for an item, as it must after an
    answer that was lost.

    ``at_once``: a call that finds nothing in flight does not wait for others of its turn of the loop, and runs in its
    caller's own task. That suits those who call one after the other, and costs a burst one small batch.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Awaitable[Sequence[Answer | Exception]]],
        *,
        limit: int = 256,
        at_once: bool = False,
    ) -> None:
        self._run, self._limit, self._at_once = run, limit, at_once
        self._is_alone = False
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Answer:
        if self._at_once and self._task is None and not self._is_alone:
            return await self._alone(item)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._task is None and not self._is_alone:
            self._task = asyncio.create_task(self._drain())
        return await answer

    async def _alone(self, item: Item) -> Answer:
        self._is_alone = True
        try:
            [answer] = await self._answers([item])
        except AWAY as failure:
            self._fail(failure)
            raise
        finally:
            self._is_alone = False
            if self._waiting:
                self._task = asyncio.create_task(self._drain())
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _fail(self, failure: Exception) -> None:
        """All who wait for the next batch."""
        for _, future in self._waiting:
            if not future.done():
                future.set_exception(failure)
        self._waiting.clear()

    async def _drain(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._limit))]
                await self._settle(batch)
        finally:
            self._task = None

    async def _settle(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._answers([item for item, _ in batch])
        except AWAY as failure:
            batch = [*batch, *self._waiting]
            self._waiting.clear()
            answers = [failure] * len(batch)
        except BaseException:
            # Cancelled with the loop: nobody is left to answer, but no caller may hang.
            for _, future in batch:
                future.cancel()
            raise
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    async def _answers(self, items: Sequence[Item]) -> Sequence[Answer | Exception]:
        try:
            answers = await self._run(items)
            if len(answers) != len(items):
                raise RuntimeError(f"{len(items)} items had {len(answers)} answers.")
        except AWAY:
            raise
        except OUTAGES as failure:
            return [failure] * len(items)
        except Exception as failure:
            if len(items) == 1:
                return [failure]
            return [answer for item in items for answer in await self._answers([item])]
        return answers


AWAY: Final = (StoreUnavailable, BrokerUnavailable)
OUTAGES: Final = (*AWAY, StoreFull, BrokerError)
"""What no item is to blame for."""
