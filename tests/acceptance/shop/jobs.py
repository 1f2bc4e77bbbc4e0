from __future__ import annotations

import asyncio
import os
from pathlib import Path

from queueing import Backoff, JobContext, job

FOLDER = Path(os.environ.get("SHOP_FOLDER", "."))


def note(line: str) -> None:
    """The witness outside the system: one line a finished run, appended in one write."""
    descriptor = os.open(FOLDER / "ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)


@job("greet", queue="post")
async def greet(name: str) -> str:
    note(f"greet {name}")
    return f"Hello {name}"


@job("greet_in_a_thread", queue="post")
def greet_in_a_thread(name: str) -> str:
    note(f"greet_in_a_thread {name}")
    return f"Hello {name}"


@job("ship", queue="parcels", max_attempts=3, backoff=Backoff.fixed(0.3))
async def ship(order: int) -> str:
    """Fails until somebody has mended the road."""
    if not (FOLDER / "mended").exists():
        raise ConnectionError(f"the road to order {order} is closed")
    note(f"ship {order}")
    return "on its way"


@job("sleep", queue="post")
async def sleep(seconds: float, ctx: JobContext) -> str:
    note(f"begin {ctx.id}")
    await asyncio.sleep(seconds)
    note(f"end {ctx.id}")
    return "awake"


@job("crash", queue="post")
def crash(ctx: JobContext) -> None:
    """Ends its process, as a fault in a C extension does, or the kernel when memory runs out."""
    note(f"crash {ctx.id}")
    os._exit(139)
