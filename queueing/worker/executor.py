"""Runs one attempt of one job and says how it ended."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any, TypeAlias

from queueing.domain.context import JobContext, current
from queueing.domain.job import ErrorInfo
from queueing.domain.outcomes import Cancel, Fail, Retry, Success
from queueing.domain.registry import JobType
from queueing.errors import InvalidPayload
from queueing.worker import tracebacks
from queueing.worker.threads import Pool

Guard: TypeAlias = Callable[[], None]

Threads: TypeAlias = Callable[[int], Pool]
"""Makes what runs so many synchronous handlers at a time."""

Ending: TypeAlias = "Success | Failure | Cancel | HandBack | Abandon"


class Failure:
    """The attempt failed. ``after``: seconds the handler asked to wait; ``final``: no more attempts."""

    __slots__ = ("after", "cause", "error", "final")
    __match_args__ = ("error", "final", "after")

    def __init__(
        self, error: ErrorInfo, *, final: bool = False, after: float | None = None, cause: BaseException | None = None
    ) -> None:
        self.error, self.final, self.after, self.cause = error, final, after, cause


class HandBack:
    """The worker is stopping; the job goes back uncharged."""


class Abandon:
    """The worker is fenced: others may hold the job already. Nothing may be settled."""


class Stop(Enum):
    """Why a running attempt is being ended from outside."""

    CANCEL = "cancel"
    TIMEOUT = "timeout"
    SHUTDOWN = "shutdown"
    FENCE = "fence"


class Attempt:
    """One run of a handler, which can be stopped from outside."""

    def __init__(self, known: JobType, context: JobContext, *, pool: Pool, guard: Guard | None = None) -> None:
        self._known, self.context, self._pool, self._guard = known, context, pool, guard
        self.started_at = context.now()
        self._task: asyncio.Task[Any] | None = None
        self._stop: Stop | None = None
        self.in_thread = False
        """A synchronous handler is running now."""

    def stop(self, why: Stop) -> None:
        """Ask for an end: an async handler is cancelled, a synchronous one sees ``context.cancelled``."""
        if self._stop is None or why in (Stop.SHUTDOWN, Stop.FENCE):
            self._stop = why
        self.context.stop()
        if self._task is not None:
            self._task.cancel()

    async def run(self) -> Ending:
        try:
            payload = self._known.decode(self.context.spec.payload)
        except InvalidPayload as wrong:
            return Failure(tracebacks.verdict("InvalidPayload", str(wrong)), final=True)
        timer = self._start_timer()
        try:
            return await self._finish(payload)
        finally:
            if timer is not None:
                timer.cancel()

    def _start_timer(self) -> asyncio.TimerHandle | None:
        timeout = self.context.spec.options.timeout
        if timeout is None:
            return None
        return asyncio.get_running_loop().call_later(timeout, self.stop, Stop.TIMEOUT)

    async def _finish(self, payload: Any) -> Ending:
        return await (self._in_task(payload) if self._known.is_async else self._in_a_thread(payload))

    async def _in_task(self, payload: Any) -> Ending:
        # Named, so that a dump of this process can tell which job is where.
        task = self._task = asyncio.create_task(self._run_async(payload), name=f"job {self.context.id}")
        if self._stop is not None:
            task.cancel()  # the stop came while the payload was decoded
        try:
            await _end(task)
        finally:
            task.cancel()  # where this attempt itself was given up; else it has ended
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        return self._judge(error, task.result() if error is None else None)

    async def _in_a_thread(self, payload: Any) -> Ending:
        own = contextvars.copy_context()
        own.run(current.set, self.context)
        value, error = await self._pool.call(partial(own.run, self._call, payload))
        return self._judge(error, value)

    def _judge(self, error: BaseException | None, value: Any) -> Ending:
        if self._stop is Stop.FENCE:
            return Abandon()
        if self._stop is Stop.TIMEOUT:
            limit = self.context.spec.options.timeout
            return Failure(tracebacks.verdict("TimeLimit", f"stopped after {limit:g} s, its limit"), cause=error)
        if error is None:
            return self._returned(value)
        if self._stop is not None and isinstance(error, asyncio.CancelledError | Cancel):
            return HandBack() if self._stop is Stop.SHUTDOWN else Cancel("It was cancelled while it ran.")
        return self._failure(error)

    def _returned(self, value: Any) -> Ending:
        """A handler that has looked at ``cancelled`` and returned did not finish; one that never looked did."""
        if self._stop is None or not self.context.saw_stop:
            return Success(value)
        return HandBack() if self._stop is Stop.SHUTDOWN else Cancel("It stopped when it was asked to.")

    def _failure(self, error: BaseException) -> Ending:
        match error:
            case Cancel():
                return error
            case Fail():
                return Failure(tracebacks.describe(error), final=True, cause=error)
            case Retry():
                return Failure(tracebacks.describe(error), after=error.after, cause=error)
            case HandlerExit(cause=exits):
                return Failure(tracebacks.describe(exits), final=is_final(self._known, exits), cause=error)
            case _:
                return Failure(tracebacks.describe(error), final=is_final(self._known, error), cause=error)

    async def _run_async(self, payload: Any) -> Any:
        current.set(self.context)
        args, kwargs = self._known.arguments(payload, self.context)
        try:
            return await self._known.handler(*args, **kwargs)
        except (SystemExit, KeyboardInterrupt) as exits:
            raise HandlerExit(exits) from exits

    def _call(self, payload: Any) -> tuple[Any, BaseException | None]:
        """In the thread: what the handler returned, or raised. Told apart here: an error that goes through a future may
        be taken for the future's own, as a cancellation would be."""
        try:
            return self._run_sync(payload), None
        except BaseException as error:
            return None, error

    def _run_sync(self, payload: Any) -> Any:
        args, kwargs = self._known.arguments(payload, self.context)
        if self._guard:
            self._guard()
        thread = threading.current_thread()
        pooled, thread.name = thread.name, f"job {self.context.id}"
        self.in_thread = True
        try:
            return self._known.handler(*args, **kwargs)
        except (SystemExit, KeyboardInterrupt, StopIteration) as exits:
            raise HandlerExit(exits) from exits
        finally:
            self.in_thread = False
            thread.name = pooled
            if self._guard:
                self._guard()


class HandlerExit(Exception):
    """The handler raised what would have ended the process or confused the loop."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"The handler raised {type(cause).__name__}: {cause}")
        self.cause = cause


def _end(task: asyncio.Task[Any]) -> asyncio.Future[None]:
    """Done when the task is, whatever became of it. ``asyncio.wait`` says the same for four times as much, each job."""
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    task.add_done_callback(lambda _: None if ended.done() else ended.set_result(None))
    return ended


def is_final(known: JobType, error: BaseException) -> bool:
    """Whether ``fail_on`` or ``retry_on`` rule out another attempt."""
    if known.fail_on and isinstance(error, known.fail_on):
        return True
    return bool(known.retry_on) and not isinstance(error, known.retry_on)


def deadline(timeout: float | None) -> datetime | None:
    """Of an attempt that begins now, by this host's clock, which is the one that a handler compares it with."""
    return datetime.now(UTC) + timedelta(seconds=timeout) if timeout is not None else None
