"""Operations of a few jobs, and the job that runs them, moved by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from dashboard.bulk import running
from dashboard.bulk.records import Operation
from queueing import JobContext
from queueing.domain.job import JobSpec
from tests.dashboard.shop import Shop

FAILED = "act=retry&state=failed"
State = Operation.State


def failed(shop: Shop, count: int) -> list[str]:
    return [shop.fail(job_id) for job_id in shop.many(count)]


def confirm(client: Client, query: str = FAILED, **fields: object) -> Operation:
    answer = client.post("/operations/begun", {"query": query, "reason": "mended", **fields})
    assert answer.status_code == 302, answer.content.decode()
    return Operation.objects.get(pk=answer.headers["Location"].rpartition("/")[2])


def due(operation: Operation) -> Operation:
    """The time in which it could be undone is over."""
    Operation.objects.filter(pk=operation.pk).update(begins_at=timezone.now() - timedelta(seconds=1))
    return again(operation)


def again(operation: Operation) -> Operation:
    return Operation.objects.get(pk=operation.pk)


def context(operation: Operation, told: list[Any] | None = None) -> JobContext:
    spec = JobSpec(id=operation.job_id, queue="", type="", payload=b"", created_at=datetime.now(UTC))
    tell = told.append if told is not None else (lambda _: None)
    now = datetime.now(UTC)
    return JobContext(
        spec=spec, epoch=1, attempt=1, worker="w-1", started_at=now, deadline=None, now=lambda: now, tell=tell
    )


def run(operation: Operation) -> str:
    return running.run(operation.pk, context(operation))
