"""The backend that Django's TASKS setting names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import uuid_utils.compat as uuids
from django.core import checks
from django.db import transaction

from queueing import enqueuing, runtime, sync
from queueing.domain.job import JobRecord, JobSpec
from queueing.domain.names import check_queue, is_id
from queueing.errors import InvalidJob, InvalidName
from queueing.tasks import compat, results
from queueing.tasks.task import EXTRAS, LeveretTask

ON_COMMIT: Final = "enqueue_on_commit"


class LeveretBackend(compat.backends.BaseTaskBackend):
    """Tasks become jobs of the cluster ``default``; their job type is the function's dotted path.

    OPTIONS: ``enqueue_on_commit`` (True: a task that is enqueued inside a transaction is added once that commits), and
    defaults for what ``@task`` may be given besides: ``max_attempts``, ``backoff``, ``timeout``, ….
    """

    task_class = LeveretTask
    supports_defer = True
    supports_async_task = True
    supports_get_result = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self._defaults = {name: value for name, value in self.options.items() if name in EXTRAS}

    @property
    def supports_priority(self) -> bool:
        return runtime.cluster().broker.capabilities.priorities

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Add the task's job. Raises InvalidTask, TypeError for what is not JSON, and StoreError."""
        spec, result = self._prepare(task, args, kwargs)
        if self.options.get(ON_COMMIT, True) and transaction.get_connection().in_atomic_block:
            transaction.on_commit(lambda: self._add(spec, result))
        else:
            self._add(spec, result)
        return result

    async def aenqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        spec, result = self._prepare(task, args, kwargs)
        _become(result, await enqueuing.aenqueue(spec))
        await compat.signals.task_enqueued.asend(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> Any:
        return self._found(result_id, sync.run(runtime.cluster().inspector.job(_asked(result_id))))

    async def aget_result(self, result_id: str) -> Any:
        return self._found(result_id, await sync.arun(runtime.cluster().inspector.job(_asked(result_id))))

    def check(self, **kwargs: Any) -> Iterator[checks.CheckMessage]:
        known = {ON_COMMIT, *EXTRAS}
        if unknown := sorted(set(self.options) - known):
            yield checks.Error(
                f"TASKS[{self.alias!r}] has unknown OPTIONS: {', '.join(unknown)}.",
                hint=f"Known are {', '.join(sorted(known))}.",
                id="leveret.E101",
            )
        for queue in sorted(self.queues):
            try:
                check_queue(queue)
            except InvalidName as wrong:
                yield checks.Error(f"TASKS[{self.alias!r}] names a queue that cannot be: {wrong}", id="leveret.E102")

    def _prepare(self, task: Any, args: Any, kwargs: Any) -> tuple[JobSpec, Any]:
        """All that can be wrong is found here, not at commit."""
        self.validate_task(task)
        given = {"args": compat.normalize_json(list(args)), "kwargs": compat.normalize_json(dict(kwargs))}
        try:
            spec = runtime.cluster().producer.spec(
                task.queue_name,
                task.module_path,
                given,
                task.job_options(self._defaults, priorities=self.supports_priority),
                job_id=str(uuids.uuid7()),
            )
        except InvalidJob as wrong:
            raise compat.InvalidTask(str(wrong)) from wrong
        return spec, results.ready(task, spec, given["args"], given["kwargs"])

    def _add(self, spec: JobSpec, result: Any) -> None:
        _become(result, enqueuing.enqueue(spec))
        compat.signals.task_enqueued.send(type(self), task_result=result)

    def _found(self, result_id: str, record: JobRecord | None) -> Any:
        task = results.task_of(record) if record is not None else None
        if record is None or task is None:
            raise compat.exceptions.TaskResultDoesNotExist(result_id)
        return results.found(task, record)


def _asked(result_id: object) -> str:
    """It may come from a URL: what cannot be an id is none that exists."""
    if not is_id(text := str(result_id)):
        raise compat.exceptions.TaskResultDoesNotExist(result_id)
    return text


def _become(result: Any, job_id: str) -> None:
    """A unique key may have led to a job that was there already."""
    object.__setattr__(result, "id", job_id)
