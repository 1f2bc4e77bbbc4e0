"""A task with what Leveret can do beside Django's interface."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, Final

from django.utils.module_loading import import_string

from queueing import runtime
from queueing.domain.backoff import Strategy
from queueing.domain.options import JobOptions, changed
from queueing.errors import InvalidJob
from queueing.tasks import compat
from queueing.tasks.handlers import handler

LOWEST: Final[int] = compat.base.TASK_MIN_PRIORITY
HIGHEST: Final[int] = compat.base.TASK_MAX_PRIORITY


@dataclass(frozen=True, slots=True, kw_only=True)
class LeveretTask(compat.base.Task):
    """``@task(max_attempts=5, timeout=30)``, and ``send.using(tags=("digest",)).enqueue(…)``.

    What is None is as the backend's OPTIONS say, and as Django's interface has it where they say nothing: one attempt.
    The meaning of each option is JobOptions'.
    """

    max_attempts: int | None = None
    backoff: Strategy | None = None
    timeout: float | timedelta | None = None
    unique_key: str | None = None
    unique_for: float | timedelta | None = None
    tags: tuple[str, ...] | None = None
    retention: float | timedelta | None = None

    def __post_init__(self) -> None:
        # Not super(): a dataclass with slots is made twice, and the first of the two is no parent of the second.
        compat.base.Task.__post_init__(self)
        register(self)

    def __reduce__(self) -> tuple[Any, tuple[str, dict[str, Any]]]:
        # Before Django 6.1 a task cannot be pickled: its function's name leads to the task.
        settings = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "func"}
        return found, (self.module_path, settings)

    def using(self, **changes: Any) -> LeveretTask:
        """The same task with other settings, ours included. What is None stays as it is."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})

    def job_options(self, defaults: dict[str, Any], *, priorities: bool) -> JobOptions:
        """What a job of this task is added with. Raises InvalidOptions."""
        own = {name: value for name in EXTRAS if (value := getattr(self, name)) is not None}
        given = {"max_attempts": 1} | defaults | own
        if priorities:
            given["priority"] = priority(self.priority)
        if self.run_after is not None:
            given["run_at"] = self.run_after
        return changed(JobOptions(), given)


EXTRAS: Final = ("max_attempts", "backoff", "timeout", "unique_key", "unique_for", "tags", "retention")


def priority(asked: int) -> int:
    """Django's -100…100 on RabbitMQ's 0…9."""
    return round((asked - LOWEST) * 9 / (HIGHEST - LOWEST))


def found(path: str, settings: dict[str, Any]) -> LeveretTask:
    """The task at a dotted path, with these settings. Raises ValueError where there is none."""
    try:
        task: LeveretTask = replace(import_string(path), **settings)
    except (ImportError, TypeError) as wrong:
        raise ValueError(f"Expected {path!r} to point to a Task instance.") from wrong
    return task


def register(task: LeveretTask) -> None:
    """Make the function a job type of this process; of two settings of one function the first names its queue."""
    known = runtime.registry.get(task.module_path)
    if known is not None and getattr(known.handler, "func", None) is task.func:
        return
    try:
        runtime.registry.register(task.module_path, handler(task), queue=task.queue_name)
    except InvalidJob as wrong:
        raise compat.InvalidTask(str(wrong)) from wrong
