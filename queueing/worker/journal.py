"""One line of the log for each attempt that ends."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from queueing.domain.context import JobContext
from queueing.domain.ports import Run
from queueing.domain.states import JobState
from queueing.worker.executor import Ending, Failure

log: Final = logging.getLogger("queueing.jobs")

_LEVELS: Final = {JobState.FAILED: logging.ERROR, JobState.RETRYING: logging.WARNING}


def ended(context: JobContext, run: Run, ending: Ending, outcome: JobState, *, now: datetime) -> None:
    level = _LEVELS.get(outcome, logging.INFO)
    if not log.isEnabledFor(level):
        return
    seconds = (now - run.started_at).total_seconds()
    why = f": {ending.error.kind}: {_line(ending.error.message)}" if isinstance(ending, Failure) else ""
    log.log(
        level,
        "%-9s %s %s, attempt %d of %d, %.0f ms%s",
        "handed back" if outcome is JobState.QUEUED else outcome,
        context.type,
        context.id[-8:],
        context.attempt,
        context.max_attempts,
        max(0.0, seconds) * 1000,
        why,
        extra={"job": context.id, "queue": context.queue, "job_type": context.type, "outcome": str(outcome)},
    )


def _line(message: str) -> str:
    return message.split("\n", 1)[0][:200]
