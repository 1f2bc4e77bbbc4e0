"""The job that runs an operation: added when it is confirmed, and anew when it is resumed."""

from __future__ import annotations

import uuid_utils.compat as uuids
from django.db import transaction

from dashboard.bulk import freezing, running
from dashboard.bulk.acts import ACTS
from dashboard.bulk.chosen import QUEUE
from dashboard.bulk.records import Operation
from dashboard.models import AuditEntry
from queueing import runtime, sync

TYPE = "leveret.operation"
State = Operation.State


def confirm(operation: Operation) -> None:
    """Books it and lets it begin when the time for an undo is over."""
    with transaction.atomic():
        freezing.release(operation)
        running.book(operation, ACTS[operation.act].verb, AuditEntry.Result.STARTED, detail="set frozen")
    enqueue(operation, delay=freezing.UNDO.total_seconds())


def resume(operation: Operation) -> bool:
    """Whoever ran it before finds that it is not the runner any more. False: it cannot be resumed."""
    job_id = str(uuids.uuid7())
    resumable = Operation.objects.filter(pk=operation.pk, state__in=(State.PAUSED, State.RUNNING, State.WAITING))
    was_paused = resumable.filter(state=State.PAUSED).update(state=State.RUNNING, job_id=job_id)
    if not was_paused and not resumable.filter(job_id=operation.job_id).update(job_id=job_id):
        return False
    operation.refresh_from_db()
    enqueue(operation)
    return True


def enqueue(operation: Operation, *, delay: float = 0.0) -> None:
    """Raises StoreError where it cannot be recorded; the operation's page then says that no job runs it."""
    producer, by = runtime.cluster().producer, f"console:{operation.who}"
    options = {"delay": delay} if delay else {}
    payload = {"operation": operation.pk}
    spec = producer.spec(QUEUE, TYPE, payload, options, job_id=operation.job_id, created_by=by)
    sync.run(producer.add_spec(spec))
