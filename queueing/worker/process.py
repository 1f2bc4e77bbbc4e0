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
from queueing.worker import capture
from queueing.worker.worker import Worker

MISCONFIGURED: Final = os.EX_CONFIG
"""The exit code of a worker that cannot work until somebody changes something; starting it again would not help."""

log: Final = logging.getLogger("queueing.worker")


def run(prepare: Callable[[], Worker], *, lifeline: int | None = None) -> int:
    """Run a worker until SIGTERM or SIGINT, then hand back what it cannot finish. Returns the exit code.

    ``prepare`` makes the worker on the loop. ``lifeline`` is the reading end of a pipe whose other end the supervisor
    holds: when it closes the supervisor is dead, and the worker stops rather than live on as an orphan.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(prepare, lifeline))


async def _run(prepare: Callable[[], Worker], lifeline: int | None) -> int:
    loop = asyncio.get_running_loop()
    sync.adopt(loop)
    worker = prepare()
    handler = capture.install()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, worker, signal.Signals(number).name)
    if lifeline is not None:
        loop.add_reader(lifeline, _orphaned, worker, lifeline)
    misfit = False
    try:
        await worker.run()
    except* QueueArgumentsMismatch as group:
        for error in group.exceptions:
            log.error("%s", error)
        misfit = True
    finally:
        logging.root.removeHandler(handler)
    return MISCONFIGURED if misfit else 0


def _stop(worker: Worker, why: str) -> None:
    log.info("%s: stopping. Running jobs may take %g s more.", why, worker.options.grace)
    worker.stop()


def _orphaned(worker: Worker, lifeline: int) -> None:
    asyncio.get_running_loop().remove_reader(lifeline)
    os.close(lifeline)
    log.warning("The supervisor is gone: stopping.")
    worker.stop()
