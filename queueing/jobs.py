"""``@job``: a function becomes a job type of a Django project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import update_wrapper
from typing import Any, Final, Generic, ParamSpec, TypeVar, overload

import uuid_utils.compat as uuids

from queueing import enqueuing, runtime
from queueing.domain.job import JobSpec
from queueing.domain.limits import Limit
from queueing.domain.options import JobOptions, changed
from queueing.domain.registry import DEFAULT_QUEUE, Errors, JobType
from queueing.domain.schedules import Plan
from queueing.errors import ConfigurationError

P = ParamSpec("P")
R = TypeVar("R")

_OPTIONS: Final = frozenset(JobOptions.__struct_fields__)


class Job(Generic[P, R]):
    """A handler that can still be called as the function it is, and enqueued."""

    def __init__(self, handler: Callable[P, R], known: JobType, options: JobOptions | None = None) -> None:
        self.handler, self.type, self._options = handler, known, options
        update_wrapper(self, handler)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.handler(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<job {self.type.name} on {self.type.queue}>"

    def using(
        self,
        options: JobOptions | None = None,
        *,
        delay: float | timedelta | None = None,
        run_at: datetime | None = None,
        **more: Any,
    ) -> Job[P, R]:
        """The same job with other options: ``send_email.using(delay=60, tags=["digest"]).enqueue(…)``."""
        given = {"delay": delay, "run_at": run_at, **more}
        named = {name: value for name, value in given.items() if value is not None}
        base = changed(self._options or self.type.options, options)
        return Job(self.handler, self.type, changed(base, named))

    def enqueue(self, *args: Any, **kwargs: Any) -> str:
        """Add the job from synchronous code and return its id; inside a transaction, once that commits.

        Arguments are checked at once: InvalidJob is raised here, never at commit. Where a job has the ``unique_key``
        already, its id is returned, as ``Queue.add`` does; in a transaction nobody can know that yet.
        """
        spec = self._spec(args, kwargs)
        if _in_transaction():
            from django.db import transaction

            transaction.on_commit(lambda: enqueuing.enqueue(spec))
            return spec.id
        return enqueuing.enqueue(spec)

    async def aenqueue(self, *args: Any, **kwargs: Any) -> str:
        """As :meth:`enqueue`, from a coroutine. Django has no asynchronous transactions; inside
        ``sync_to_async`` code use :meth:`enqueue`."""
        spec = self._spec(args, kwargs)
        return await enqueuing.aenqueue(spec)

    def _spec(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> JobSpec:
        payload = self.type.bind(*args, **kwargs)
        return runtime.cluster().producer.spec(
            self.type.queue, self.type.name, payload, self._options, job_id=str(uuids.uuid7())
        )


def _in_transaction() -> bool:
    from django.core.exceptions import ImproperlyConfigured
    from django.db import connection

    try:
        return bool(connection.in_atomic_block)
    except ImproperlyConfigured:
        return False


@overload
def job(name: Callable[P, R], /) -> Job[P, R]: ...


@overload
def job(
    name: str | None = None,
    /,
    *,
    queue: str = DEFAULT_QUEUE,
    options: JobOptions | None = None,
    retry_on: Errors | type[BaseException] = (),
    fail_on: Errors | type[BaseException] = (),
    limit: Limit | None = None,
    schedule: Plan | Sequence[Plan] = (),
    **more: Any,
) -> Callable[[Callable[P, R]], Job[P, R]]: ...


def job(
    name: Any = None,
    /,
    *,
    queue: str = DEFAULT_QUEUE,
    options: JobOptions | None = None,
    retry_on: Errors | type[BaseException] = (),
    fail_on: Errors | type[BaseException] = (),
    limit: Limit | None = None,
    schedule: Plan | Sequence[Plan] = (),
    **more: Any,
) -> Any:
    """Register a function as a job type: ``@job("send_email", queue="email_jobs", max_attempts=5)``.

    Without a name the function's own is used. ``limit`` holds for all workers together. ``schedule`` is one or more of
    :func:`queueing.cron` and :func:`queueing.every`. Further keywords are JobOptions.
    """
    if callable(name):
        return job()(name)
    chosen = changed(options or JobOptions(), more)

    def register(handler: Callable[P, R]) -> Job[P, R]:
        if isinstance(handler, Job):
            raise ConfigurationError(f"{handler!r} is a job already.")
        known = runtime.registry.register(
            name or handler.__name__,
            handler,
            queue=queue,
            options=chosen,
            retry_on=retry_on,
            fail_on=fail_on,
            limit=limit,
            schedule=schedule,
        )
        return Job(handler, known)

    return register
