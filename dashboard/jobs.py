"""The console's own jobs: whoever serves their queue runs bulk operations, enqueues by the ten thousand, and checks the
audit log."""

from __future__ import annotations

from dashboard import auditchain, copying
from dashboard.bulk import running
from dashboard.bulk.chosen import QUEUE
from dashboard.bulk.starting import TYPE
from queueing import Backoff, JobContext, job


# Attempts without end, or nearly: a server that is away comes back, and then the operation goes on.
@job(TYPE, queue=QUEUE, max_attempts=10_000, backoff=Backoff.exponential(1, cap=30))
def run_operation(operation: int, ctx: JobContext) -> str:
    """Run a bulk operation that was confirmed in the console, from where it stands."""
    return running.run(operation, ctx)


@job(copying.TYPE, queue=QUEUE, max_attempts=10_000, backoff=Backoff.exponential(1, cap=30))
def enqueue_copies(many: copying.Many, ctx: JobContext) -> str:
    """Enqueue one job many times over, as somebody asked for in the console."""
    return copying.run(many, ctx)


@job("leveret.audit_check", queue=QUEUE, unique_key="leveret.audit_check", max_attempts=3)
def check_audit() -> str:
    """Follow the chain of the audit log from its first entry to its newest."""
    return str(auditchain.note(auditchain.check()))
