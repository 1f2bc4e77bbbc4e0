"""From a stored record to its confirmed message: the second half of every move that needs one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import uuid_utils as uuids

from queueing.clearing import Clearing
from queueing.coalesce import Coalescer
from queueing.domain import message
from queueing.domain.job import JobRef, JobSpec
from queueing.domain.ports import Broker, Destination, JobStore, Outgoing
from queueing.domain.states import JobState
from queueing.errors import LeveretError


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a message is made of. ``delay`` is in seconds."""

    spec: JobSpec
    ref: JobRef
    delay: float = 0.0
    attempt: int = 0
    dead: bool = False


class Dispatch:
    """Publishes letters and takes their entries out of the outbox once the broker has confirmed."""

    def __init__(self, broker: Broker, store: JobStore) -> None:
        self._broker, self._store = broker, store
        self._publish: Coalescer[Outgoing, None] = Coalescer(broker.publish, at_once=True)
        self._clearing = Clearing(store.confirm)

    def now(self) -> datetime:
        """By the store's clock."""
        return self._store.clock.now()

    async def send(self, letter: Letter) -> None:
        """Returns once the broker has the message; its outbox entry goes soon after. Raises BrokerError; the entry then
        stays."""
        await self._publish(outgoing(letter, now=self._store.clock.now()))
        self._clearing.note(letter.ref)

    async def finish(self) -> None:
        """Return once the entries of all that was sent are gone, or the store is away."""
        await self._clearing.finish()

    async def send_all(self, letters: Sequence[Letter]) -> list[Exception | None]:
        """As :meth:`send`, pipelined: None, or what went wrong with each."""
        answers = await asyncio.gather(*map(self.send, letters), return_exceptions=True)
        found: list[Exception | None] = []
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, LeveretError):
                raise answer
            found.append(answer)
        return found

    async def send_batch(self, letters: Sequence[Letter]) -> list[Exception | None]:
        """As :meth:`send_all`, without a task for each letter and without waiting for other callers' batches: of two at
        once, one waits for its confirms while the other is written. The outbox entries have gone when it returns."""
        answers = await self._broker.publish([outgoing(letter, now=self.now()) for letter in letters])
        sent = [letter.ref for letter, answer in zip(letters, answers, strict=True) if answer is None]
        if sent:
            await self._clearing.now(sent)
        return list(answers)

    async def resend(self, refs: Sequence[JobRef]) -> list[Exception | None]:
        """Publish, from their records, the messages that these lives still lack. One that has moved on is dropped."""
        specs = await self._store.specs(refs)
        letters: list[Letter] = []
        gone: list[JobRef] = []
        await self._store.tune_clock()
        now = self._store.clock.now()
        for ref, found in zip(refs, specs, strict=True):
            if found is None:
                gone.append(ref)
                continue
            spec, summary = found
            due = summary.due_at if summary.state in (JobState.SCHEDULED, JobState.RETRYING) else None
            due = summary.turn_at or due
            delay = max(0.0, (due - now).total_seconds()) if due else 0.0
            dead = summary.state is JobState.FAILED
            letters.append(Letter(spec=spec, ref=ref, delay=delay, attempt=summary.attempt, dead=dead))
        if gone:
            await self._store.confirm(gone)
        return await self.send_batch(letters)


def _not_before(delay: float, now: datetime) -> datetime | None:
    """The end of the calendar for a delay past it: raised here, it would hold up all that is sent with it."""
    try:
        return now + timedelta(seconds=delay) if delay > 0 else None
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def outgoing(letter: Letter, *, now: datetime) -> Outgoing:
    spec = letter.spec
    return Outgoing(
        queue=spec.queue,
        type=spec.type,
        body=message.encode(spec),
        headers=message.headers(letter.ref, attempt=letter.attempt, not_before=_not_before(letter.delay, now)),
        message_id=str(uuids.uuid7()),
        destination=Destination.DEAD if letter.dead else Destination.MAIN,
        delay=0.0 if letter.dead else letter.delay,
        priority=spec.options.priority,
        raw=spec.encoding == "raw",
    )
