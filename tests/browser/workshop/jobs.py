"""A job that begins and ends when a test says so, and whose arguments make a form of several kinds of field."""
# No ``from __future__ import annotations``: the console reads the signature as it does that of any handler.

import asyncio
from typing import Literal

from queueing import JobContext, job
from tests.acceptance.shop.jobs import FOLDER


@job("wrap", queue="bench", max_attempts=1)
async def wrap(
    order: int, paper: Literal["plain", "stars"] = "plain", notes: list[str] | None = None, *, ctx: JobContext
) -> str:
    """Wraps an order. It is done when somebody has tied the ribbon."""
    await ctx.progress(1, 2, f"folding the {paper} paper")
    ctx.log(f"order {order} lies on the bench")
    while not any((FOLDER / name).exists() for name in (f"ribbon-{order}", "ribbon-all")):  # noqa: ASYNC110 - a test is in another process
        await asyncio.sleep(0.05)
    return f"order {order} in {paper} paper"
