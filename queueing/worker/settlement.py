"""Ends an attempt: the record first, then the successor message, then the ack. In that order, always."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from queueing.coalesce import Coalescer
from queueing.dispatch import Dispatch, Letter
from queueing.domain.context import JobContext
from queueing.domain.job import Attempt as AttemptRecord
from queueing.domain.job import ErrorInfo, JobRef
from queueing.domain.jsontext import encode_json
from queueing.domain.message import Incoming
from queueing.domain.outcomes import Cancel, Success
from queueing.domain.ports import JobStore, Run, Settled, Settlement
from queueing.domain.states import JobState
from queueing.errors import BrokerError, InvalidPayload, StoreError
from queueing.worker import tracebacks
from queueing.worker.bench import Held
from queueing.worker.executor import Abandon, Ending, Failure, HandBack
from queueing.worker.patience import Patience

log: Final = logging.getLogger("queueing.worker")

MAX_RESULT: Final = 1024 * 1024
"""Bytes of JSON kept of what a handler returns."""
NOTE: Final = 60


class Ended(NamedTuple):
    held: Held
    settlement: Settlement


class Settler:
    """Settles attempts of one worker. ``on_sent`` hears of those whose outcomes are on their way to the store: what is
    asked of the store from then on is asked behind them."""

    def __init__(
        self,
        store: JobStore,
        dispatch: Dispatch,
        *,
        worker: str,
        patience: Patience,
        on_sent: Callable[[Iterable[Held]], None],
    ) -> None:
        self._store, self._dispatch, self._worker, self._patience = store, dispatch, worker, patience
        self._loop, self._on_sent = asyncio.get_running_loop(), on_sent
        self._settle: Coalescer[Ended, Settled | None] = Coalescer(self._write)

    async def _write(self, ended: Sequence[Ended]) -> Sequence[Settled | None]:
        # Not before this coroutine waits: by then the store has written its call.
        self._loop.call_soon(self._on_sent, [held for held, _ in ended])
        return await self._store.settle([settlement for _, settlement in ended])

    async def settle(self, held: Held, context: JobContext, run: Run, ending: Ending) -> JobState | None:
        """Returns what the job became; None where that was not ours to say."""
        delivery = held.delivery
        if isinstance(ending, Abandon):
            await delivery.release()
            return None
        settlement = self._settlement(context, run, ending)
        ended = Ended(held, settlement)
        settled = await self._patience(lambda: self._settle(ended), f"the outcome of job {context.id}")
        if settled is None:
            settled = await self._settle_anew(held, context, run, settlement)
        if settled is None:
            # Another worker holds the job now, or it has ended: this delivery's life is over.
            log.warning(
                "Job %s was taken over by another worker; this outcome (%s) is dropped.", context.id, settlement.outcome
            )
            await delivery.ack()
            return None
        if settlement.outcome in (JobState.RETRYING, JobState.FAILED, JobState.QUEUED):
            await self._send_successor(context, settlement, settled)
        await self._send_released(settled.released)
        await delivery.ack()
        return settlement.outcome

    async def _settle_anew(self, held: Held, context: JobContext, run: Run, settlement: Settlement) -> Settled | None:
        """The token is not the job's. If that is because the store lost the record, or came back from an older state of
        itself, then nobody else has the job: claimed anew, it takes the outcome. Else a retry would be lost with
        it, and what is done would be done again."""
        incoming = Incoming(spec=context.spec, epoch=context.epoch, attempt=run.attempt - 1)
        what = f"the outcome of job {context.id}"
        [verdict] = await self._patience(
            lambda: self._store.claim([incoming], worker=self._worker, to_settle=True), what
        )
        if not isinstance(verdict, Run):
            return None
        log.warning("The store had lost job %s while it ran; its outcome goes into a new record.", context.id)
        anew = msgspec.structs.replace(settlement, token=verdict.token)
        return await self._patience(lambda: self._settle(Ended(held, anew)), what)

    async def _send_released(self, released: Sequence[JobRef]) -> None:
        """The messages of those that waited in a line for this job's end."""
        if not released:
            return
        try:
            failures = [failure for failure in await self._dispatch.resend(released) if failure is not None]
        except StoreError as away:
            failures = [away]
        if failures:
            # The leader sends them from the outbox.
            log.warning("%d jobs whose limit lets them start wait in the outbox: %s", len(failures), failures[0])

    async def _send_successor(self, context: JobContext, settlement: Settlement, settled: Settled) -> None:
        handed_back = settlement.outcome is JobState.QUEUED
        letter = Letter(
            spec=context.spec,
            ref=settled.ref,
            delay=settlement.delay,
            attempt=context.attempt - handed_back,
            dead=settlement.outcome is JobState.FAILED,
        )
        try:
            await self._dispatch.send(letter)
        except BrokerError as failure:
            # The outbox entry was written with the record: the leader sends the message when the broker is back.
            log.warning("Job %s is %s; its message waits in the outbox: %s", context.id, settlement.outcome, failure)

    def _settlement(self, context: JobContext, run: Run, ending: Ending) -> Settlement:
        now = self._store.clock.now()
        outcome, delay, error, result, note = self._verdict(context, ending)
        _, lines = context.take()
        attempt = AttemptRecord(
            number=run.attempt,
            epoch=context.epoch,
            worker=self._worker,
            started_at=run.started_at,
            ended_at=max(now, run.started_at),
            outcome=outcome,
            error=error,
            queued_at=run.queued_at,
        )
        return Settlement(
            ref=context.ref,
            token=run.token,
            outcome=outcome,
            delay=delay,
            result=result,
            note=note,
            attempt=attempt,
            log=lines,
        )

    def _verdict(
        self, context: JobContext, ending: Ending
    ) -> tuple[JobState, float, ErrorInfo | None, bytes | None, str | None]:
        match ending:
            case Success(value):
                return self._success(value)
            case HandBack():
                return JobState.QUEUED, 0.0, None, None, None
            case Cancel():
                return JobState.CANCELLED, 0.0, None, None, str(ending)
            case Failure(error, True, _):
                return JobState.FAILED, 0.0, error, None, None
            case Failure(error, _, after):
                if context.attempt >= context.max_attempts:
                    return JobState.FAILED, 0.0, error, None, None
                return JobState.RETRYING, wait(context, ending, after), error, None, None
        raise TypeError(f"{ending!r} is not an ending.")

    def _success(self, value: object) -> tuple[JobState, float, ErrorInfo | None, bytes | None, str | None]:
        try:
            text = encode_json(value, what="It")
        except InvalidPayload as wrong:
            # The work is done: running it again because its return value cannot be kept would do it twice.
            note = f"(its result was not kept: {wrong})"
            return JobState.SUCCEEDED, 0.0, None, encode_json(note), note[:NOTE]
        if len(text) > MAX_RESULT:
            note = f"(its result was not kept: {len(text):,} bytes of JSON, the limit is {MAX_RESULT:,})"
            return JobState.SUCCEEDED, 0.0, None, encode_json(note), note[:NOTE]
        return JobState.SUCCEEDED, 0.0, None, text, summary(value)


def wait(context: JobContext, failure: Failure, after: float | None) -> float:
    """Seconds until the next attempt: the handler's wish, else the job's backoff."""
    if after is not None:
        return after
    try:
        return context.spec.options.backoff.delay(context.attempt, failure.cause)
    except Exception as broken:
        log.error("The backoff of job %s raised %r; waiting 60 s instead.", context.id, broken)
        return 60.0


def summary(value: object) -> str | None:
    """One line of a list about a result."""
    if value is None:
        return None
    text = value if isinstance(value, str) else encode_json(value).decode()
    return " ".join(text.split())[:NOTE]


def undone(kind: str, message: str, headers: Mapping[str, Any] | None = None) -> Failure:
    """A failure without an attempt of the handler: nobody knows the type, or it is no job (then with its headers)."""
    return Failure(tracebacks.verdict(kind, message, headers), final=True)


__all__: Sequence[str] = ("Settler", "summary", "undone", "wait")
