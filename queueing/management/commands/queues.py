from __future__ import annotations

from datetime import datetime
from typing import Any

from queueing.domain.reading import QueueStatus
from queueing.domain.states import JobState
from queueing.management.operators import OperatorCommand
from queueing.management.tables import Column, age

S = JobState
COLUMNS = (
    Column("QUEUE"),
    Column("WAITING", right=True),
    Column("OLDEST", right=True),
    *(Column(state.upper(), right=True) for state in (S.RUNNING, S.SCHEDULED, S.RETRYING, S.FAILED)),
    Column("DEAD LETTERS", right=True),
    Column("WORKERS", right=True),
    Column(""),
)


class Command(OperatorCommand):
    help = "What waits, runs and failed on each queue, and what the broker holds."

    def handle(self, *, as_json: bool, **given: Any) -> None:
        queues = self.ask(lambda cluster: cluster.inspector.queues())
        if as_json:
            self.print_json(queues)
        elif queues:
            now = self.now()
            self.print_table(COLUMNS, [row(queue, now) for queue in queues])
        else:
            self.say("No queue yet. One appears with its first job, or with the first worker that serves it.")


def row(queue: QueueStatus, now: datetime) -> list[object]:
    dead = "unknown" if queue.depth is None else queue.depth.dead or 0
    paused = f"paused by {queue.paused_by}" if queue.paused_by else "paused" if queue.paused else ""
    counts = [queue.counts[state] for state in (S.RUNNING, S.SCHEDULED, S.RETRYING, S.FAILED)]
    return [
        *(queue.name, queue.counts[S.QUEUED], age(queue.oldest_waiting, now), *counts),
        *(dead, queue.workers, paused),
    ]
