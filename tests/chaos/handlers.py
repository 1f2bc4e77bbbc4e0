"""The job types of chaos tests. Each run leaves its beginning and its end in the ledger."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from queueing import JobContext
from queueing.domain.backoff import Backoff
from queueing.domain.options import JobOptions
from queueing.domain.registry import Registry
from tests.chaos.ledger import BEGIN, END, FAIL, STOP, Pen
from tests.chaos.setup import QUEUE
from tests.eventually import eventually


class Stumble(Exception):
    """What a job was told to fail with."""


OPTIONS = JobOptions(max_attempts=100, backoff=Backoff.fixed(0.3))
"""Attempts enough for any number of faults: that a job survives them is the question, not how often it may try."""


def registry(pen: Pen) -> Registry:
    types = Registry()

    @contextmanager
    def witnessed(ctx: JobContext) -> Iterator[None]:
        run = secrets.token_hex(6)
        pen.write(BEGIN, ctx.id, run=run, attempt=ctx.attempt)
        try:
            yield
        except Stumble:
            pen.write(FAIL, ctx.id, run=run, attempt=ctx.attempt)
            raise
        except BaseException:
            pen.write(STOP, ctx.id, run=run, attempt=ctx.attempt)
            raise
        pen.write(END, ctx.id, run=run, attempt=ctx.attempt)

    async def step(seconds: float, ctx: JobContext) -> str:
        with witnessed(ctx):
            await asyncio.sleep(seconds)
        return "done"

    def step_in_a_thread(seconds: float, ctx: JobContext) -> str:
        with witnessed(ctx):
            threading.Event().wait(seconds)  # libfaketime breaks the call beneath time.sleep
        return "done"

    async def stumble(seconds: float, ctx: JobContext) -> str:
        """Fails at its first attempt, so that a retry is on its way when things break."""
        with witnessed(ctx):
            await asyncio.sleep(seconds)
            ctx.progress(1, 2)
            if ctx.attempt == 1:
                raise Stumble
        return "done"

    async def wait_for_go(ctx: JobContext) -> str:
        """Runs until the test allows it to end."""
        with witnessed(ctx):
            await eventually(pen.path.with_suffix(".go").exists, timeout=300)
        return "gone"

    for handler in (wait_for_go, step, step_in_a_thread, stumble):
        types.register(handler.__name__, handler, queue=QUEUE, options=OPTIONS)
    return types
