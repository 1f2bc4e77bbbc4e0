"""What a handler may know and say while it runs."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Generator, Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final, SupportsFloat

from queueing.domain.job import JobRef, JobSpec, LogLine, Progress
from queueing.domain.outcomes import Cancel


class _Told:
    """Lets ``await ctx.progress(…)`` read naturally in an async handler; there is nothing to wait for."""

    def __await__(self) -> Generator[None, None, None]:
        return
        yield


_TOLD: Final = _Told()


class JobContext:
    """Passed to a handler that has a parameter annotated ``JobContext``, or named ``ctx``.

    All methods may be called from any thread, never block, and never raise because a server is away.
    """

    def __init__(
        self,
        *,
        spec: JobSpec,
        epoch: int,
        attempt: int,
        worker: str,
        started_at: datetime,
        deadline: datetime | None,
        now: Callable[[], datetime],
        tell: Callable[[JobContext], None],
    ) -> None:
        self.spec: Final = spec
        self.epoch: Final = epoch
        self.attempt: Final = attempt
        """Number of this attempt; 1 is the first."""
        self.worker: Final = worker
        """The id of the worker that runs it."""
        self.started_at: Final = started_at
        self.deadline: Final = deadline
        """When ``timeout`` ends this attempt."""
        self._now, self._tell = now, tell
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._lines: list[LogLine] = []
        self._stop = False
        self.saw_stop = False
        """The handler has looked at ``cancelled`` and found it true."""

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def ref(self) -> JobRef:
        return JobRef(self.spec.id, self.epoch)

    @property
    def queue(self) -> str:
        return self.spec.queue

    @property
    def type(self) -> str:
        return self.spec.type

    @property
    def max_attempts(self) -> int:
        return self.spec.options.max_attempts

    @property
    def meta(self) -> Mapping[str, Any]:
        return self.spec.options.meta

    @property
    def cancelled(self) -> bool:
        """Somebody asked for an end: an operator, the timeout, or a worker that shuts down.

        Async handlers are cancelled besides; a synchronous one should look here now and then and return.
        """
        self.saw_stop |= self._stop
        return self.saw_stop

    def raise_if_cancelled(self) -> None:
        """End this attempt as cancelled if somebody asked for it."""
        if self.cancelled:
            raise Cancel("The handler stopped when it was asked to.")

    def progress(self, done: float, total: float | None = None, note: str = "") -> _Told:
        """Show how far the job is. Only the latest is kept. Raises ValueError for what is not a finite number."""
        said = Progress(
            done=_finite("done", done), total=None if total is None else _finite("total", total), note=str(note)
        )
        with self._lock:
            self._progress = said
        self._tell(self)
        return _TOLD

    def log(self, text: str, *, level: str = "INFO") -> _Told:
        """Keep a line with the job."""
        line = LogLine(at=self._now(), level=str(level), text=_utf8(str(text)), attempt=self.attempt)
        with self._lock:
            self._lines.append(line)
        self._tell(self)
        return _TOLD

    # for the worker

    def take(self) -> tuple[Progress | None, tuple[LogLine, ...]]:
        """What was said since the last call."""
        with self._lock:
            said = self._progress, tuple(self._lines)
            self._progress, self._lines = None, []
        return said

    def now(self) -> datetime:
        """By the store's clock, as all times of a job are."""
        return self._now()

    def stop(self) -> None:
        self._stop = True


def _finite(name: str, value: Any) -> float:
    """Here rather than where it is written: then it is the handler's error and nobody else's."""
    try:
        number = float(value) if isinstance(value, SupportsFloat) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"progress takes finite numbers; {name} is {value!r:.60}")
    return number


def _utf8(text: str) -> str:
    """Lone surrogates cannot be written."""
    return text.encode(errors="replace").decode()


current: Final[ContextVar[JobContext | None]] = ContextVar("leveret_job", default=None)
"""The job that this task or thread runs."""
