"""What rests in the broker's dead-letter queues, message by message, whether there is a record of it or not.

Looking takes each message out without acknowledging it, and gives all back in their order. So a look costs the broker
work and sees what nobody else holds at that moment; it is bounded, and asked for, never repeated by itself.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Sequence
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from queueing.domain import message
from queueing.domain.headers import legible
from queueing.domain.job import JobSummary
from queueing.domain.message import Incoming
from queueing.domain.ports import Broker, DeadLetter, JobStore, Outgoing
from queueing.domain.states import JobState
from queueing.operations import Operations

KEPT: Final = 65_536
"""Bytes of a body that a look keeps."""
CHANGING: Final = ("x-delivery-count", "x-acquired-count")
"""Headers that the broker counts up each time it gives a message back."""
AGAIN: Final = (0.1, 0.5, 1.0)
"""Seconds until what was not found is looked for again: somebody else may look just now, and hold it so long."""
GONE: Final = "It is not there any more, or lies deeper than was looked."


class Standing(StrEnum):
    """What a message is to the records."""

    LETTER = "letter"
    """The present dead letter of a failed job."""
    STALE = "stale"
    """Its job has moved on: the keeper removes it."""
    UNKNOWN = "unknown"
    """No record has failed for it yet: a foreign message, or one that the broker buried by itself. The keeper takes it
    in, or removes it where its job was discarded."""


class Resting(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    """The same for the same message as long as it lies there."""
    letter: DeadLetter
    """Its body cut to :data:`KEPT`."""
    size: int
    """Bytes of the whole body."""
    incoming: Incoming
    wrong: str
    """Why it is no job; empty: it is one."""
    standing: Standing


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Resting, ...]
    """Oldest first, as they lie there."""
    matching: int
    looked: int


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    done: bool
    reason: str = ""


Wanted: TypeAlias = Callable[[DeadLetter, Incoming], bool]
Deed: TypeAlias = Callable[[DeadLetter], Awaitable[str]]
"""Answers why it was not done; empty: it was, and the message may go."""


class Letters:
    def __init__(self, broker: Broker, store: JobStore, operations: Operations) -> None:
        self._broker, self._store, self._operations = broker, store, operations

    async def look(self, queue: str, *, most: int, limit: int, wanted: Wanted | None = None) -> Looked:
        """The first ``limit`` that are wanted of the ``most`` oldest. None is removed. Raises BrokerUnavailable."""
        found: list[tuple[DeadLetter, int, Incoming, str]] = []
        looked = matching = 0

        async def keep(letters: Sequence[DeadLetter]) -> Sequence[bool]:
            nonlocal looked, matching
            looked += len(letters)
            for letter in letters:
                incoming, wrong = message.read(letter, now=self._store.clock.now())
                if wanted is None or wanted(letter, incoming):
                    matching += 1
                    if len(found) < limit:
                        found.append((letter, len(letter.body), incoming, wrong))
            return [True] * len(letters)

        await self._broker.sweep_dead(queue, keep, limit=most)
        summaries = await self._store.summaries([incoming.spec.id for _, _, incoming, _ in found])
        rows = tuple(
            Resting(
                key=key_of(letter),
                letter=msgspec.structs.replace(letter, body=letter.body[:KEPT]),
                size=size,
                incoming=incoming,
                wrong=wrong,
                standing=standing(incoming, summary),
            )
            for (letter, size, incoming, wrong), summary in zip(found, summaries, strict=True)
        )
        return Looked(rows=rows, matching=matching, looked=looked)

    async def replay(
        self, queue: str, keys: Collection[str], *, most: int, by: str, comebacks: int | None = None
    ) -> list[Settled]:
        """Put these back on their queue, and only then acknowledge each: a failed job by its record, as a new epoch; a
        message without one by a confirmed publish of the same body. What fails to be sent stays where it is."""

        async def send(letter: DeadLetter) -> str:
            incoming, wrong = message.read(letter, now=self._store.clock.now())
            match await self._standing(incoming):
                case Standing.LETTER:
                    [changed] = await self._operations.retry([incoming.spec.id], by=by, comebacks=comebacks)
                    return changed.reason
                case Standing.STALE:
                    return "Its job has moved on; the keeper removes the message."
            [failure] = await self._broker.publish([_again(letter, incoming, raw=bool(wrong))])
            return str(failure) if failure is not None else ""

        return await self._each(queue, keys, send, most=most)

    async def discard(self, queue: str, keys: Collection[str], *, most: int) -> list[Settled]:
        """Remove these, and the records of those that are a failed job's present letter."""

        async def remove(letter: DeadLetter) -> str:
            incoming, _ = message.read(letter, now=self._store.clock.now())
            if await self._standing(incoming) is not Standing.LETTER:
                return ""
            [changed] = await self._operations.discard([incoming.spec.id])
            return changed.reason

        return await self._each(queue, keys, remove, most=most)

    async def _each(self, queue: str, keys: Collection[str], deed: Deed, *, most: int) -> list[Settled]:
        """Each key once, though the same bytes may lie there twice."""
        settled: dict[str, Settled] = {}

        async def settle(letter: DeadLetter) -> bool:
            """Whether it stays."""
            key = key_of(letter)
            if key not in keys or key in settled:
                return True
            settled[key] = Settled(key=key, done=False)
            reason = await deed(letter)
            settled[key] = Settled(key=key, done=not reason, reason=reason)
            return bool(reason)

        async def keep(letters: Sequence[DeadLetter]) -> Sequence[bool]:
            return await asyncio.gather(*map(settle, letters))

        for pause in (0.0, *AGAIN):
            await asyncio.sleep(pause)
            await self._broker.sweep_dead(queue, keep, limit=most)
            if len(settled) == len(keys):
                break
        return [settled.get(key, Settled(key=key, done=False, reason=GONE)) for key in keys]

    async def _standing(self, incoming: Incoming) -> Standing:
        [summary] = await self._store.summaries([incoming.spec.id])
        return standing(incoming, summary)


def standing(incoming: Incoming, summary: JobSummary | None) -> Standing:
    if summary is None or summary.epoch < incoming.epoch:
        return Standing.UNKNOWN
    if summary.epoch > incoming.epoch:
        return Standing.STALE
    if summary.state is JobState.FAILED:
        return Standing.LETTER
    # Its job waits or runs in this very life: this is its message, which the broker has buried by itself.
    return Standing.STALE if summary.state.is_finished else Standing.UNKNOWN


def key_of(letter: DeadLetter) -> str:
    own = {name: value for name, value in letter.headers.items() if name not in CHANGING}
    parts = (letter.message_id or "", letter.type or "", str(letter.timestamp), msgspec.json.encode(legible(own)))
    digest = hashlib.sha256(letter.body)
    for part in parts:
        digest.update(b"\0" + (part if isinstance(part, bytes) else part.encode(errors="replace")))
    return digest.hexdigest()[:24]


def _again(letter: DeadLetter, incoming: Incoming, *, raw: bool) -> Outgoing:
    """The message as it was. It keeps its id, or is given the one that a worker would derive: the job that it becomes
    is the same one however often it is sent."""
    return Outgoing(
        queue=letter.queue,
        type=letter.type or "",
        body=letter.body,
        headers=letter.headers,
        message_id=letter.message_id or incoming.spec.id,
        raw=raw,
    )
