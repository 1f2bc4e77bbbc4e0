"""Takes long jobs out of reach of the broker's consumer timeout."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Final

from queueing.dispatch import Dispatch, Letter
from queueing.worker.bench import Held
from queueing.worker.intake import Claimed
from queueing.worker.patience import Fenced, Patience

log: Final = logging.getLogger("queueing.worker")

SHORTEST: Final = 5.0
LONGEST: Final = 300.0
"""Seconds until a copy comes home. What it finds running it waits for again, as the claim says."""
TICK: Final = 10.0


class Parker:
    """RabbitMQ closes the channel of a consumer that has held a message for half an hour, and all its deliveries come
    back. So a message whose job has run for ``after`` seconds is replaced by a copy on the ladder, of the same epoch.

    The copy comes home to find the job finished (it is stale), still running (it goes round again), or orphaned: then
    it is claimed and run. The original is acked only when the copy is confirmed.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        jobs: Callable[[], Collection[tuple[Held, Claimed]]],
        *,
        after: float,
        patience: Patience,
        let_go: Callable[[Held], None],
    ) -> None:
        self._dispatch, self._jobs, self._after = dispatch, jobs, after
        self._patience, self._let_go = patience, let_go

    async def run(self) -> None:
        while True:
            await asyncio.sleep(min(TICK, self._after / 4))
            now = asyncio.get_running_loop().time()
            due = [job for job in self._jobs() if not job[0].parked and now - job[0].since >= self._after]
            await asyncio.gather(*(self._park(held, claimed, age=now - held.since) for held, claimed in due))

    async def _park(self, held: Held, claimed: Claimed, *, age: float) -> None:
        incoming = claimed.incoming
        letter = Letter(spec=incoming.spec, ref=incoming.ref, delay=delay(age), attempt=incoming.attempt)
        what = f"the parked message of job {incoming.spec.id}"
        try:
            await self._patience(lambda: self._dispatch.send(letter), what)
        except Fenced:
            return  # the delivery is given back instead
        except Exception:
            # Whatever is wrong with it, it must not end the worker and all its other jobs.
            log.exception("The message of job %s could not be parked; it is tried again.", incoming.spec.id)
            return
        await held.delivery.ack()
        if not held.parked and any(held is other for other, _ in self._jobs()):
            held.parked = True
            self._let_go(held)


def delay(age: float) -> float:
    """Seconds until the copy of a job that has run for ``age`` seconds comes home."""
    return min(max(age / 10, SHORTEST), LONGEST)
