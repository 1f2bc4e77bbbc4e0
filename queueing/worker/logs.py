"""How a worker process writes its log: lines for people, or JSON for machines."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LineFormatter(logging.Formatter):
    """``10:42:18 WARNING queueing.worker: …``; control characters of a message are shown, not obeyed."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<7} {message}", "%H:%M:%S", style="{")

    def format(self, record: logging.LogRecord) -> str:
        return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in super().format(record))


class JsonFormatter(logging.Formatter):
    """One object a line: at, level, logger, text, whatever ``extra`` names, and error with its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "text": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def configure(*, as_json: bool, level: str = "INFO") -> None:
    """Replace the root logger's handlers by one on standard error, from ``level`` up.

    The root itself lets everything from INFO through, so that jobs keep their log lines whatever is shown here.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(level)
    handler.setFormatter(JsonFormatter() if as_json else LineFormatter())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(min(logging.INFO, handler.level))
