"""A task's function as a job handler: its context, its signals, its return value as JSON."""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from queueing import runtime, sync
from queueing.domain.context import JobContext
from queueing.domain.outcomes import Cancel, Fail
from queueing.tasks import compat, results

Args = list[Any]
Kwargs = dict[str, Any]


class _TaskHandler:
    def __init__(self, task: Any) -> None:
        self.task, self.func = task, task.func
        self.__doc__ = task.func.__doc__
        self.__module__, self.__qualname__ = task.func.__module__, task.func.__qualname__

    def _arguments(self, result: Any, args: Args) -> Args:
        return [compat.base.TaskContext(task_result=result), *args] if self.task.takes_context else args

    async def _earlier(self, ctx: JobContext) -> Any:
        """The record, where this job has a past."""
        return await runtime.cluster().inspector.job(ctx.id) if ctx.attempt > 1 else None


class AsyncTaskHandler(_TaskHandler):
    async def __call__(self, args: Args, kwargs: Kwargs, ctx: JobContext) -> Any:
        result = results.running(self.task, ctx, args, kwargs, await self._earlier(ctx))
        backend = type(self.task.get_backend())
        await compat.signals.task_started.asend(sender=backend, task_result=result)
        try:
            value = compat.normalize_json(await self.func(*self._arguments(result, args), **kwargs))
        except BaseException as error:
            if ends(ctx, error):
                results.fail(result, error)
                await compat.signals.task_finished.asend(sender=backend, task_result=result)
            raise
        results.succeed(result, value)
        await compat.signals.task_finished.asend(sender=backend, task_result=result)
        return value


class SyncTaskHandler(_TaskHandler):
    def __call__(self, args: Args, kwargs: Kwargs, ctx: JobContext) -> Any:
        result = results.running(self.task, ctx, args, kwargs, sync.run(self._earlier(ctx)))
        backend = type(self.task.get_backend())
        compat.signals.task_started.send(sender=backend, task_result=result)
        try:
            value = compat.normalize_json(self.func(*self._arguments(result, args), **kwargs))
        except BaseException as error:
            if ends(ctx, error):
                results.fail(result, error)
                compat.signals.task_finished.send(sender=backend, task_result=result)
            raise
        results.succeed(result, value)
        compat.signals.task_finished.send(sender=backend, task_result=result)
        return value


def handler(task: Any) -> Callable[..., Any]:
    kind = AsyncTaskHandler if iscoroutinefunction(task.func) else SyncTaskHandler
    return kind(task)


def ends(ctx: JobContext, error: BaseException) -> bool:
    """Whether this error is the task's last. One that is stopped from outside may yet run again."""
    if ctx.cancelled:
        return False
    return isinstance(error, Fail | Cancel) or ctx.attempt >= ctx.max_attempts
