"""Tasks as a Django project would write them."""

from __future__ import annotations

import asyncio
from typing import Any

from queueing import Backoff
from queueing.tasks.compat import tasks

task = tasks.task


@task
def add(first: int, second: int = 1) -> int:
    return first + second


@task
async def add_later(first: int, second: int = 1) -> int:
    await asyncio.sleep(0)
    return first + second


@task(takes_context=True)
def who(context: Any, *names: str) -> list[Any]:
    return [context.task_result.id, context.attempt, len(context.task_result.worker_ids), *names]


@task
def break_down(word: str) -> None:
    raise ConnectionError(f"no way to {word}")


@task(max_attempts=3, backoff=Backoff.fixed(0.05), tags=("flaky",), takes_context=True)
async def third_time_lucky(context: Any) -> int:
    if context.attempt < 3:
        raise TimeoutError("not yet")
    return int(context.attempt)


@task
def unspeakable() -> object:
    return object()
