"""Concurrent calls that share a round trip."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Coalescer(Generic[Item, Answer]):
    """One batch in flight; whatever is asked meanwhile forms the next.

    No timer, so a lone call is as quick as without it. ``run`` answers in the order of its items; an answer that is
    an exception is raised to its caller alone, an exception from ``run`` is raised to all callers of that batch.
    """

    def __init__(
        self, run: Callable[[Sequence[Item]], Awaitable[Sequence[Answer | Exception]]], *, limit: int = 256
    ) -> None:
        self._run, self._limit = run, limit
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._task is None:
            self._task = asyncio.create_task(self._drain())
        return await answer

    async def _drain(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._limit))]
                await self._settle(batch)
        finally:
            self._task = None

    async def _settle(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers: Sequence[Answer | Exception] = await self._run([item for item, _ in batch])
        except Exception as failure:
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
