"""A worker as a process of its own: its loop, its signals, its end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from typing import Final

import uvloop

from queueing import sync
from queueing.errors import QueueArgumentsMismatch
from queueing.worker import capture, collecting, recycling, stacks
from queueing.worker.endings import end
from queueing.worker.lifeline import LIFE, READY, RETIRE, Lifeline
from queueing.worker.recycling import Limits
from queueing.worker.worker import Worker

MISCONFIGURED: Final = os.EX_CONFIG
"""The exit code of a worker that cannot work until somebody changes something; starting it again would not help."""
LOOK: Final = 0.1
"""Seconds between two looks at what a supervised worker has to tell."""
GOODBYE: Final = 15.0
"""Seconds after the grace in which handlers are cancelled and jobs handed back, and servers hear of the end."""
MARGIN: Final = 5.0
"""Seconds that a process which does not end is given to end itself; after that its supervisor kills it."""

log: Final = logging.getLogger("queueing.worker")


def run(prepare: Callable[[], Worker], *, lifeline: int | None = None, limits: Limits | None = None) -> int:
    """Run a worker until SIGTERM or SIGINT, then hand back what it cannot finish. Returns the exit code.

    ``prepare`` makes the worker on the loop. ``lifeline`` is the wire to the supervisor: when it is cut the supervisor
    is dead, and the worker stops rather than live on as an orphan. ``limits``: when to ask for a successor.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(prepare, lifeline, limits or Limits()))


def patience(grace: float) -> float:
    """Seconds from the first signal until a supervisor kills a worker of that grace."""
    return grace + GOODBYE + MARGIN


async def _run(prepare: Callable[[], Worker], lifeline: int | None, limits: Limits) -> int:
    loop = asyncio.get_running_loop()
    sync.adopt(loop)
    worker = prepare()
    collecting.settle_down()
    handler = capture.install()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, _stop, worker, f"{number.name}: stopping.")
    stacks.show_on_signal()
    telling = None if lifeline is None else _tell(worker, Lifeline(lifeline), limits.jittered())
    misfit = False
    try:
        await worker.run()
    except* QueueArgumentsMismatch as group:
        for error in group.exceptions:
            log.error("%s", error)
        misfit = True
    finally:
        logging.root.removeHandler(handler)
        if telling is not None:
            await end([telling])
    return MISCONFIGURED if misfit else 0


def _stop(worker: Worker, why: str) -> None:
    log.info("%s Running jobs may take %g s more.", why, worker.options.grace)
    stacks.exit_when_stuck(worker.options.grace + GOODBYE)
    worker.stop()


def _tell(worker: Worker, lifeline: Lifeline, limits: Limits) -> asyncio.Task[None]:
    """Keep the supervisor informed."""
    worker.announce = lambda worker_id: lifeline.say(LIFE, worker_id)
    lifeline.on_cut(lambda: _stop(worker, "The supervisor is gone: stopping."))
    return asyncio.create_task(_look(worker, lifeline, limits))


async def _look(worker: Worker, lifeline: Lifeline, limits: Limits) -> None:
    ready = False
    while limits or not ready:
        if not ready and worker.consumes:
            ready = True
            lifeline.say(READY)
        if ready and (why := limits.exceeded(jobs=worker.finished, rss=recycling.resident())):
            lifeline.say(RETIRE, why)
            return
        await asyncio.sleep(LOOK)
