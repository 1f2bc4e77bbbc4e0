"""A job's record as Django's TaskResult."""

from __future__ import annotations

import builtins
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from django.utils.module_loading import import_string

from queueing.domain.context import JobContext
from queueing.domain.job import Attempt, ErrorInfo, JobRecord, JobSpec
from queueing.domain.states import JobState
from queueing.tasks import compat, verdicts
from queueing.worker import tracebacks

Status: Final = compat.base.TaskResultStatus
STATUSES: Final = {
    JobState.SCHEDULED: Status.READY,
    JobState.QUEUED: Status.READY,
    JobState.RETRYING: Status.READY,
    JobState.RUNNING: Status.RUNNING,
    JobState.SUCCEEDED: Status.SUCCESSFUL,
    JobState.FAILED: Status.FAILED,
    JobState.CANCELLED: Status.FAILED,
}


def ready(task: Any, spec: JobSpec, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The result of a task that has just been added."""
    return _result(task, spec, args, kwargs, status=Status.READY)


def running(task: Any, ctx: JobContext, args: list[Any], kwargs: dict[str, Any], record: JobRecord | None) -> Any:
    """The result as the task itself sees it. ``record``: of a job that was tried before."""
    began = ctx.started_at
    before = _begun(record) if record is not None else []
    return _result(
        task,
        ctx.spec,
        args,
        kwargs,
        status=Status.RUNNING,
        started_at=before[0].started_at if before else began,
        last_attempted_at=began,
        errors=[_error(attempt.error) for attempt in before if attempt.error],
        worker_ids=[*(attempt.worker for attempt in before), ctx.worker],
    )


def succeed(result: Any, value: Any) -> None:
    """What ``task_finished`` is told, a moment before the outcome is stored."""
    _finish(result, Status.SUCCESSFUL)
    object.__setattr__(result, "_return_value", value)


def fail(result: Any, error: BaseException) -> None:
    _finish(result, Status.FAILED)
    result.errors.append(_error(tracebacks.describe(error)))


def found(task: Any, record: JobRecord) -> Any:
    """The result of a stored job."""
    given = msgspec.json.decode(record.payload)
    begun = _begun(record)
    workers = [attempt.worker for attempt in begun]
    if record.state is JobState.RUNNING and record.worker:
        workers.append(record.worker)
    errors = [_error(attempt.error) for attempt in begun if attempt.error]
    if record.error is not None and not errors:
        errors = [_error(record.error)]
    result = _result(
        task,
        record.spec,
        given["args"],
        given["kwargs"],
        status=STATUSES[record.state],
        started_at=begun[0].started_at if begun else record.started_at,
        finished_at=record.finished_at,
        last_attempted_at=record.started_at,
        errors=errors,
        worker_ids=workers,
    )
    if record.result is not None:
        object.__setattr__(result, "_return_value", msgspec.json.decode(record.result))
    return result


def _result(task: Any, spec: JobSpec, args: list[Any], kwargs: dict[str, Any], **more: Any) -> Any:
    empty: dict[str, Any] = {"started_at": None, "finished_at": None, "last_attempted_at": None}
    return compat.base.TaskResult(
        **{
            **empty,
            "task": task,
            "id": spec.id,
            # As it is stored: to the millisecond.
            "enqueued_at": spec.created_at.replace(microsecond=spec.created_at.microsecond // 1000 * 1000),
            "args": args,
            "kwargs": kwargs,
            "backend": task.backend,
            "errors": [],
            "worker_ids": [],
            **more,
        }
    )


def _finish(result: Any, status: Any) -> None:
    object.__setattr__(result, "status", status)
    object.__setattr__(result, "finished_at", datetime.now(UTC))


def _begun(record: JobRecord) -> list[Attempt]:
    """The attempts that count: one that was handed back is not charged."""
    return [attempt for attempt in record.attempts if attempt.outcome is not JobState.QUEUED or attempt.error]


def _error(error: ErrorInfo) -> Any:
    return compat.base.TaskError(exception_class_path=class_path(error.kind), traceback=text(error))


def class_path(kind: str) -> str:
    """Where the class of an error can be imported. Ours that are no exceptions anywhere else are in ``verdicts``."""
    if "." in kind:
        return kind
    if isinstance(getattr(builtins, kind, None), type):
        return f"builtins.{kind}"
    return f"{verdicts.__name__}.{kind if hasattr(verdicts, kind) else 'JobFailed'}"


def text(error: ErrorInfo) -> str:
    """The traceback as Python would print it."""
    lines = ["Traceback (most recent call last):\n"] if error.frames else []
    for frame in error.frames:
        lines.append(f'  File "{frame.file}", line {frame.line}, in {frame.function}\n')
        at = frame.line - frame.first_line
        if 0 <= at < len(frame.source):
            lines.append(f"    {frame.source[at].strip()}\n")
    name = error.kind.removeprefix("builtins.")
    lines.append(f"{name}: {error.message}\n" if error.message else f"{name}\n")
    return "".join(lines)


def task_of(record: JobRecord) -> Any | None:
    """The task whose job this is; None for a job that is no task, or whose function is gone."""
    try:
        task = import_string(record.type)
    except ImportError:
        return None
    if not isinstance(task, compat.base.Task):
        return None
    changes: dict[str, Any] = {"queue_name": record.queue} if record.queue != task.queue_name else {}
    if record.options.run_at is not None:
        changes["run_after"] = record.options.run_at
    return task.using(**changes) if changes else task
