"""From a confirmed choice to an operation with its exact set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import uuid_utils.compat as uuids
from django.utils import timezone

from dashboard.audit import Actor
from dashboard.bulk.acts import BulkAct
from dashboard.bulk.chosen import Chosen
from dashboard.bulk.records import ENDED, Chunk, Operation

CHUNK = 500
"""Jobs in one step of the store, which it does whole or not at all."""
SLOWEST = 10
"""Jobs in a step of a slow operation: about a second's worth, so that its progress and its end are felt."""
UNDO = timedelta(seconds=10)
KEPT = timedelta(days=30)
"""How long sets and results of ended operations are kept; what the operation was about stays."""


def freeze(act: BulkAct, chosen: Chosen, *, reason: str, rate: int, actor: Actor) -> Operation:
    """Write down which jobs, some thousand at a time. Until :func:`release` it is a draft, and nothing happens."""
    forget_old_sets()
    operation = Operation.objects.create(
        act=act.key,
        described=chosen.described,
        back=chosen.back,
        reason=reason,
        user_id=actor.user_id,
        who=actor.who,
        address=actor.address,
        agent=actor.agent,
        rate=rate,
        frozen_at=chosen.moment,
    )
    size, number, total = max(SLOWEST, min(CHUNK, rate or CHUNK)), 0, 0
    for batch in chosen.batches(act):
        rows = [
            Chunk(operation=operation, number=number + place, ids="\n".join(part))
            for place, part in enumerate(_parts(batch, size))
        ]
        Chunk.objects.bulk_create(rows)
        number, total = number + len(rows), total + len(batch)
    operation.total = total
    return operation


def release(operation: Operation) -> Operation:
    """From now on it can be undone for a moment, and then begins."""
    operation.state = Operation.State.WAITING
    operation.begins_at = timezone.now() + UNDO
    operation.job_id = str(uuids.uuid7())
    operation.save()
    return operation


def forget_old_sets() -> None:
    Operation.objects.filter(state=Operation.State.DRAFT, frozen_at__lt=timezone.now() - timedelta(days=1)).delete()
    Chunk.objects.filter(operation__state__in=ENDED, operation__ended_at__lt=timezone.now() - KEPT).delete()


def _parts(ids: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
