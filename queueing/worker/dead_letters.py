"""Keeps the dead-letter queues and the records in agreement, both ways."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Final

from queueing.dispatch import Dispatch, Letter
from queueing.domain.job import Attempt
from queueing.domain.message import EPOCH, JOB, read
from queueing.domain.ports import Broker, DeadLetter, JobStore, Run, Settlement, Stale
from queueing.domain.states import JobState
from queueing.inspector import total
from queueing.worker import tracebacks

log: Final = logging.getLogger("queueing.leader")

BATCH: Final = 1_000


class DeadLetterKeeper:
    """Removes dead letters whose job has been replayed or discarded, and takes in those that have no record:
    what the broker dead-lettered by itself, or a foreign producer left there."""

    interval = 2.0

    def __init__(self, broker: Broker, store: JobStore, dispatch: Dispatch, *, worker: str) -> None:
        self._broker, self._store, self._dispatch, self._worker = broker, store, dispatch, worker

    async def tend(self) -> None:
        lanes = await self._store.lanes()
        names = {flag.name for flag in await self._store.queues()} | {lane.queue for lane in lanes}
        for name in sorted(names):
            failed = total(lane for lane in lanes if lane.queue == name)[JobState.FAILED]
            depth = await self._broker.depth(name)
            if (depth.dead or 0) > failed:
                removed = await self._broker.sweep_dead(name, self._keep, limit=BATCH)
                log.debug("Removed %d settled dead letters of %s.", removed, name)

    async def _keep(self, letter: DeadLetter) -> bool:
        """Whether the dead letter is its job's present one."""
        job_id, epoch = letter.headers.get(JOB), letter.headers.get(EPOCH)
        if isinstance(job_id, str) and isinstance(epoch, int):
            [summary] = await self._store.summaries([job_id])
            if summary is not None and (summary.epoch != epoch or summary.state.is_finished):
                return summary.epoch == epoch and summary.state is JobState.FAILED
        return not await self._take_in(letter)

    async def _take_in(self, letter: DeadLetter) -> bool:
        """Make the job of a message that died elsewhere a failed one, with a dead letter of its own.

        True: this letter may go. False where the job cannot be had now (its queue is paused, a worker runs it): it
        stays for a later pass.
        """
        incoming, _ = read(letter, now=datetime.now(UTC))
        [verdict] = await self._store.claim([incoming], worker=self._worker)
        if isinstance(verdict, Stale):
            return True  # its job was discarded, or has moved on meanwhile
        if not isinstance(verdict, Run):
            return False
        now = datetime.now(UTC)
        error = tracebacks.verdict("DeadLettered", _reason(letter))
        attempt = Attempt(
            number=verdict.attempt,
            epoch=incoming.epoch,
            worker=self._worker,
            started_at=verdict.started_at,
            ended_at=now,
            outcome=JobState.FAILED,
            error=error,
        )
        settlement = Settlement(ref=incoming.ref, token=verdict.token, outcome=JobState.FAILED, attempt=attempt)
        [settled] = await self._store.settle([settlement])
        if settled is None:
            return False
        await self._dispatch.send(Letter(spec=incoming.spec, ref=settled.ref, dead=True))
        log.warning("Took in a dead letter of %s as job %s: %s", letter.queue, incoming.spec.id, error.message)
        return True


def _reason(letter: DeadLetter) -> str:
    deaths = letter.headers.get("x-death")
    if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict):
        reason, queue = deaths[0].get("reason"), deaths[0].get("queue")
        if reason == "delivery_limit":
            return (
                f"RabbitMQ delivered it from {queue} as often as the delivery limit allows, and it was never settled."
            )
        return f"RabbitMQ dead-lettered it from {queue}: {reason}."
    return "It was put into the dead-letter queue by someone else."
