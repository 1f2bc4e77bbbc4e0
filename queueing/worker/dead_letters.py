"""Keeps the dead-letter queues and the records in agreement, both ways."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Final

from queueing.dispatch import Dispatch, Letter
from queueing.domain import message
from queueing.domain.job import Attempt, JobRef
from queueing.domain.message import Incoming, read
from queueing.domain.ports import Broker, DeadLetter, JobStore, Run, Settlement, Stale
from queueing.domain.states import JobState
from queueing.inspector import total
from queueing.worker import tracebacks
from queueing.worker.excess import Excess

log: Final = logging.getLogger("queueing.leader")


class DeadLetterKeeper:
    """Removes dead letters whose job has been replayed or discarded, and takes in those that have no record:
    what the broker dead-lettered by itself, or a foreign producer left there."""

    interval = 2.0

    def __init__(self, broker: Broker, store: JobStore, dispatch: Dispatch, *, worker: str) -> None:
        self._broker, self._store, self._dispatch, self._worker = broker, store, dispatch, worker
        self._excesses: dict[str, Excess] = {}

    async def tend(self) -> None:
        lanes = await self._store.lanes()
        names = {flag.name for flag in await self._store.queues()} | {lane.queue for lane in lanes}
        for name in sorted(names):
            failed = total(lane for lane in lanes if lane.queue == name)[JobState.FAILED]
            depth = await self._broker.depth(name)
            if depth.dead:
                await self._look(name, depth.dead - failed)

    async def _look(self, queue: str, more: int) -> None:
        clock = asyncio.get_running_loop().time
        excess = self._excesses.setdefault(queue, Excess())
        before = clock()
        if not excess.asks_for_walk(more, before):
            return
        seen: set[JobRef] = set()
        looked = 0

        async def keep(letters: Sequence[DeadLetter]) -> list[bool]:
            nonlocal looked
            looked += len(letters)
            return await self._keep(letters, seen)

        removed = await self._broker.sweep_dead(queue, keep, limit=excess.limit)
        excess.walked(more, seen=looked, removed=removed, took=clock() - before, now=clock())
        log.debug("Removed %d settled dead letters of %s, of %d.", removed, queue, looked)

    async def _keep(self, letters: Sequence[DeadLetter], seen: set[JobRef]) -> list[bool]:
        """Whether each dead letter is its job's present one."""
        kept = [False] * len(letters)
        told: list[tuple[int, JobRef]] = []
        strangers: list[int] = []
        for number, letter in enumerate(letters):
            life = message.life(letter.headers)
            if life is None:
                strangers.append(number)
            elif life not in seen:  # else published twice, by a sender that did not hear of its success
                seen.add(life)
                told.append((number, life))
        summaries = await self._store.summaries([job_id for _, (job_id, _) in told])
        for (number, (_, epoch)), found in zip(told, summaries, strict=True):
            if found is None or found.epoch < epoch or (found.epoch == epoch and not found.state.is_finished):
                # Of a later life, and Redis came back from an older state of itself: the letter is right.
                strangers.append(number)
            else:
                kept[number] = found.epoch == epoch and found.state is JobState.FAILED
        if strangers:
            taken = await self._take_in([letters[number] for number in strangers])
            for number, may_go in zip(strangers, taken, strict=True):
                kept[number] = not may_go
        return kept

    async def _take_in(self, letters: Sequence[DeadLetter]) -> list[bool]:
        """Make the jobs of messages that died elsewhere failed ones, with dead letters of their own.

        True: this letter may go. False where the job cannot be had now, since a worker runs it: it stays for a later
        pass.
        """
        now = self._store.clock.now()
        found = [read(letter, now=now)[0] for letter in letters]
        verdicts = await self._store.claim(found, worker=self._worker, to_settle=True)
        # What is stale may go: its job was discarded, or has moved on meanwhile.
        may_go = [isinstance(verdict, Stale) for verdict in verdicts]
        had = [(number, verdict) for number, verdict in enumerate(verdicts) if isinstance(verdict, Run)]
        ends = [self._end(letters[number], found[number], run) for number, run in had]
        dead: list[Letter] = []
        for (number, _), settled in zip(had, await self._store.settle(ends), strict=True):
            if settled is not None:
                may_go[number] = True
                dead.append(Letter(spec=found[number].spec, ref=settled.ref, dead=True))
        # What cannot be sent now is in the outbox.
        await self._dispatch.send_batch(dead)
        for reason, count in Counter(_reason(letters[number]) for number, _ in had if may_go[number]).items():
            log.warning("Took in %d dead letters of %s: %s", count, letters[0].queue, reason)
        return may_go

    def _end(self, letter: DeadLetter, incoming: Incoming, run: Run) -> Settlement:
        attempt = Attempt(
            number=run.attempt,
            epoch=incoming.epoch,
            worker=self._worker,
            started_at=run.started_at,
            ended_at=self._store.clock.now(),
            outcome=JobState.FAILED,
            error=tracebacks.verdict("DeadLettered", _reason(letter), letter.headers),
        )
        return Settlement(ref=incoming.ref, token=run.token, outcome=JobState.FAILED, attempt=attempt)


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
