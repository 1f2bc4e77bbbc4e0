"""Classes for failures that no exception of the task was the cause of, so that TaskError can name one."""

from __future__ import annotations

from queueing.domain.outcomes import Cancel, Fail, Retry
from queueing.errors import InvalidPayload


class JobFailed(Exception):
    """The job failed for a reason of the queue's."""


class WorkerLost(JobFailed):
    """Its worker died while it ran."""


class TimeLimit(JobFailed):
    """It took longer than its timeout."""


class Expired(JobFailed):
    """It had not started when its time to start was over."""


class NoHandler(JobFailed):
    """No worker knows the function: it was renamed, or its module is not imported."""


class Malformed(JobFailed):
    """Its message could not be read."""


class DeadLettered(JobFailed):
    """RabbitMQ put it into the dead-letter queue."""


__all__ = [
    "Cancel", "DeadLettered", "Expired", "Fail", "InvalidPayload", "JobFailed", "Malformed", "NoHandler", "Retry",
    "TimeLimit", "WorkerLost",
]  # fmt: skip
