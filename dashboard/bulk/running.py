"""The runner of an operation: one chunk after the other, until it is done, paused, cancelled, or killed.

A chunk is treated under a receipt of its own, and the store keeps receipt and deeds in one step. So whoever goes on
after a crash asks for the last chunks once more, is told what became of them, and treats no job twice. Chunks and
figures are written in one transaction that moves ``position`` on: of two runners at once only one counts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dashboard import acts, audit, engine, terms
from dashboard.audit import Actor, Subject
from dashboard.bulk.acts import ACTS, BulkAct
from dashboard.bulk.freezing import CHUNK
from dashboard.bulk.records import Chunk, Operation
from dashboard.models import AuditEntry
from queueing import Fail, JobContext, Retry
from queueing.domain.ports import Changed, Receipt
from queueing.domain.saying import pack, said_by
from queueing.errors import LeveretError
from queueing.operations import Operations

ABREAST = 2
"""Chunks under way at a time: while messages of one are confirmed, the next is being written. More would queue before
Redis, and every page of the console behind them."""
REST = 1.0
"""Where no rate is asked for, it rests this many times as long as it worked: half of the servers' time is everybody
else's. Slow servers so make it slower."""
LONGEST_REST = 1.0
"""Seconds. What took longer than this waited for a server that was away."""
NAP = 0.25
"""Seconds between two looks whether a slow operation was paused."""
State = Operation.State


def run(operation_id: int, context: JobContext) -> str:
    """Returns what to say of this run. Raises LeveretError where a server is away: the job is then tried again."""
    operation = Operation.objects.filter(pk=operation_id).first()
    if operation is None:
        raise Fail(f"There is no operation {operation_id}.")
    if operation.job_id != context.id:
        return "Another job runs it."
    if not _begin(operation):
        return f"Nothing to do: it is {operation.state}."
    pace = Pace(operation)
    while operation.state == State.RUNNING:
        chunks = list(operation.chunks.filter(number__gte=operation.position).order_by("number")[: pace.abreast])
        if not chunks:
            return _finish(operation)
        if not pace.wait(context):
            return f"{operation.treated:,} of {operation.total:,}"
        _record(operation, chunks, _treat(operation, chunks), pace)
        operation.refresh_from_db()
        context.progress(operation.treated, operation.total, f"{operation.skipped:,} skipped")
        if operation.job_id != context.id:
            return "Another job runs it now."
    return f"{operation.state.capitalize()} after {operation.treated:,} of {operation.total:,}."


def _begin(operation: Operation) -> bool:
    """From waiting to running, if it is time."""
    if operation.state == State.WAITING and operation.begins_at is not None:
        early = (operation.begins_at - timezone.now()).total_seconds()
        if early > 0:
            raise Retry(after=early)
        begun = {"state": State.RUNNING, "began_at": timezone.now()}
        Operation.objects.filter(pk=operation.pk, state=State.WAITING).update(**begun)
        operation.refresh_from_db()
    return operation.state == State.RUNNING


class Pace:
    """How fast it may go, and how fast it went."""

    def __init__(self, operation: Operation) -> None:
        self._rate, self._treated = operation.rate, 0
        self._since = self._last = self._next = time.monotonic()
        self._begun = self._since
        self.abreast = ABREAST if not operation.rate or operation.rate >= CHUNK * ABREAST else 1

    def wait(self, context: JobContext) -> bool:
        """Until the next chunks may go. False: the worker wants an end."""
        while not context.cancelled:
            early = self._next - time.monotonic()
            if early <= 0:
                self._begun = time.monotonic()
                return True
            time.sleep(min(early, NAP))
        return False

    def _later(self, now: float) -> float:
        """When the next chunks may go."""
        if self._rate:
            return self._since + self._treated / self._rate
        return now + min(REST * (now - self._begun), LONGEST_REST)

    def count(self, treated: int, before: float) -> float:
        """Jobs a second, lately."""
        now = time.monotonic()
        speed = treated / max(now - self._last, 0.001)
        self._last, self._treated = now, self._treated + treated
        self._next = self._later(now)
        return speed if not before else 0.7 * before + 0.3 * speed


def _treat(operation: Operation, chunks: Sequence[Chunk]) -> list[list[Changed]]:
    act, by = ACTS[operation.act], f"console:{operation.who}"
    try:
        return engine.act(lambda operations: _together(operations, act, operation, chunks, by))
    except LeveretError as error:
        Operation.objects.filter(pk=operation.pk).update(trouble=str(error), trouble_packed=pack(said_by(error)))
        raise


async def _together(
    operations: Operations, act: BulkAct, operation: Operation, chunks: Sequence[Chunk], by: str
) -> list[list[Changed]]:
    return list(
        await asyncio.gather(
            *(
                act.deed(
                    operations,
                    chunk.jobs,
                    by,
                    Receipt(name=f"operation-{operation.pk}:{chunk.number}", frozen_at=operation.frozen_at),
                )
                for chunk in chunks
            )
        )
    )


def _record(operation: Operation, chunks: Sequence[Chunk], changes: Sequence[Sequence[Changed]], pace: Pace) -> None:
    now = timezone.now()
    for chunk, changed in zip(chunks, changes, strict=True):
        chunk.why = {str(place): acts.refusal(one) for place, one in enumerate(changed) if not one.done}
        chunk.skipped, chunk.done_at = len(chunk.why), now
    treated, skipped = sum(map(len, changes)), sum(chunk.skipped for chunk in chunks)
    with transaction.atomic():
        moved = Operation.objects.filter(pk=operation.pk, position=operation.position).update(
            position=chunks[-1].number + 1,
            done=F("done") + treated - skipped,
            skipped=F("skipped") + skipped,
            speed=pace.count(treated, operation.speed),
            trouble="",
            trouble_packed=None,
        )
        if moved:
            Chunk.objects.bulk_update(chunks, ["why", "skipped", "done_at"])


def _finish(operation: Operation) -> str:
    """Once, with its entry in the audit log."""
    with transaction.atomic():
        ended = {"state": State.DONE, "ended_at": timezone.now()}
        if Operation.objects.filter(pk=operation.pk, state=State.RUNNING).update(**ended):
            book(
                operation,
                ACTS[operation.act].verb,
                AuditEntry.Result.PARTLY if operation.skipped else AuditEntry.Result.DONE,
            )
    return summary(operation)


def book(operation: Operation, verb: str, result: str, *, actor: Actor | None = None, detail: str = "") -> None:
    """An entry about an operation. Its own person acts, unless somebody else does."""
    said, _ = terms.read(operation.described)
    own = Actor(user_id=operation.user_id, who=operation.who, address=operation.address, agent=operation.agent)
    audit.write(
        actor or own,
        verb,
        f"{operation}: {operation.described}",
        count=operation.total,
        reason=operation.reason,
        result=result,
        detail=detail or summary(operation),
        about=[Subject("queue", term.value) for _, _, term in said if term.key == "queue" and not term.excluded],
    )


def summary(operation: Operation) -> str:
    took = (timezone.now() - operation.began_at) if operation.began_at else timedelta()
    skipped = f", {operation.skipped:,} skipped" if operation.skipped else ""
    left = f", {operation.left:,} not treated" if operation.left else ""
    return f"{operation.done:,} of {operation.total:,} done{skipped}{left}, in {took.total_seconds():,.0f} s"
