"""A job queue on RabbitMQ and Redis.

>>> from queueing import Queue, JobOptions, WorkerOptions
>>> queue = await Queue.connect("email_jobs", redis_url="redis://localhost", amqp_url="amqp://localhost")
>>> job_id = await queue.add("send_email", {"to": "mira@example.org"}, JobOptions(max_attempts=5))
"""

from queueing.domain.backoff import Backoff
from queueing.domain.context import JobContext
from queueing.domain.job import JobRecord, JobSummary
from queueing.domain.limits import Limit
from queueing.domain.options import JobOptions
from queueing.domain.outcomes import Cancel, Fail, Retry
from queueing.domain.schedules import cron, every
from queueing.domain.states import JobState
from queueing.errors import LeveretError
from queueing.jobs import Job, job
from queueing.queue import Queue
from queueing.worker.options import WorkerOptions
from queueing.worker.worker import Worker

__all__ = [
    "Backoff",
    "Cancel",
    "Fail",
    "Job",
    "JobContext",
    "JobOptions",
    "JobRecord",
    "JobState",
    "JobSummary",
    "LeveretError",
    "Limit",
    "Queue",
    "Retry",
    "Worker",
    "WorkerOptions",
    "cron",
    "every",
    "job",
]
