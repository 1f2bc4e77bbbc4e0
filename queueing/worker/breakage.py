"""What becomes of a delivery that the worker itself broke on."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from queueing.dispatch import Dispatch, Letter
from queueing.domain import message
from queueing.domain.job import ErrorInfo
from queueing.domain.message import Incoming
from queueing.domain.ports import Delivery, JobStore
from queueing.worker import tracebacks
from queueing.worker.patience import Patience

KIND: Final = "InternalError"


class Breakage:
    """Makes a failed job of it: it would break the next worker too, and kept it would eat a slot for ever."""

    def __init__(self, store: JobStore, dispatch: Dispatch, *, patience: Patience) -> None:
        self._store, self._dispatch, self._patience = store, dispatch, patience

    async def bury(self, delivery: Delivery, broken: Exception) -> None:
        incoming = understood(delivery, now=self._store.clock.now())
        ref = incoming.ref
        what = f"the burial of job {ref.id}"
        buried = await self._patience(lambda: self._store.bury(incoming.spec, verdict(broken)), what)
        # Where there was a record already, the leader's dead-letter keeper fails it when it finds the letter.
        letter = Letter(spec=incoming.spec, ref=buried or ref, attempt=incoming.attempt, dead=True)
        await self._patience(lambda: self._dispatch.send(letter), what)
        await delivery.ack()


def understood(delivery: Delivery, *, now: datetime) -> Incoming:
    """The job in a message, or its bytes as one where reading it may be what broke."""
    try:
        return message.read(delivery, now=now)[0]
    except Exception:
        return message.unreadable(delivery, now=now)


def verdict(broken: BaseException) -> ErrorInfo:
    said = str(broken).encode(errors="replace").decode()
    return tracebacks.verdict(
        KIND, f"The worker could not handle this job ({type(broken).__name__}: {said:.300}). Its log has the traceback."
    )
