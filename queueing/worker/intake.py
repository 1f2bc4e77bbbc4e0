"""From a delivery to a claimed job: what arrives is understood, claimed, and run, parked, buried or dropped."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

import msgspec

from queueing.coalesce import Coalescer
from queueing.dispatch import Dispatch, Letter
from queueing.domain import message
from queueing.domain.job import JobRef
from queueing.domain.message import Incoming
from queueing.domain.ports import Buried, Delivery, JobStore, Park, Run, Stale, Verdict
from queueing.worker.patience import Patience

log: Final = logging.getLogger("queueing.worker")


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    delivery: Delivery
    incoming: Incoming
    run: Run
    malformed: str = ""
    """What is wrong with a message that is not a job; it is claimed only to be failed."""


class Paused:
    """The queue is paused: nothing has become of the delivery."""


class Intake:
    """Claims deliveries for one worker."""

    def __init__(self, store: JobStore, dispatch: Dispatch, *, worker: str, patience: Patience) -> None:
        self._dispatch, self._patience, self._now = dispatch, patience, store.clock.now

        async def claim(messages: Sequence[Incoming]) -> Sequence[Verdict]:
            return await store.claim(messages, worker=worker)

        self._claim: Coalescer[Incoming, Verdict] = Coalescer(claim)

    async def take(self, delivery: Delivery) -> Claimed | Paused | None:
        """The job to run, or None where the message has been dealt with otherwise."""
        incoming, malformed = message.read(delivery, now=self._now())
        verdict = await self._patience(lambda: self._claim(incoming), f"the claim of job {incoming.spec.id}")
        match verdict:
            case Run():
                return Claimed(delivery=delivery, incoming=incoming, run=verdict, malformed=malformed)
            case Stale():
                log.debug("Dropped a stale message of job %s, epoch %d.", incoming.spec.id, incoming.epoch)
            case Park(reason="paused"):
                return Paused()
            case Park():
                await self._park(incoming, verdict)
            case Buried():
                log.warning(
                    "Job %s (%s) was failed instead of run: %s.", incoming.spec.id, incoming.spec.type, verdict.reason
                )
                await self._send(Letter(spec=incoming.spec, ref=JobRef(incoming.spec.id, verdict.epoch), dead=True))
        await delivery.ack()
        return None

    async def _park(self, incoming: Incoming, park: Park) -> None:
        """Send the message round by the ladder: same life, so that whichever copy is first counts."""
        await self._send(
            Letter(spec=incoming.spec, ref=incoming.ref, delay=max(park.delay, 0.001), attempt=incoming.attempt)
        )

    async def _send(self, letter: Letter) -> None:
        # Held rather than left to the outbox: a parked message has no outbox entry of its own.
        await self._patience(lambda: self._dispatch.send(letter), f"the message of job {letter.spec.id}")
