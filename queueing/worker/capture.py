"""``logging`` records that are emitted while a job runs are kept with the job."""

from __future__ import annotations

import logging

from queueing.domain.context import current


class JobLogHandler(logging.Handler):
    """Sends each record to the context of the job that emitted it; records outside jobs pass by."""

    def emit(self, record: logging.LogRecord) -> None:
        context = current.get()
        if context is None or record.name.startswith("queueing."):
            return
        try:
            context.log(self.format(record), level=record.levelname)
        except Exception:
            self.handleError(record)


def install(level: int = logging.INFO) -> JobLogHandler:
    """Attach to the root logger, once. Returns the handler, to be taken off with ``logging.root.removeHandler``."""
    handler = JobLogHandler(level)
    logging.root.addHandler(handler)
    return handler
