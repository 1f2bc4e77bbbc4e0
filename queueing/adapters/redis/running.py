"""Claiming jobs, hearing from them, and writing how they ended."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from queueing.adapters.redis.base import Part
from queueing.adapters.redis.connection import Connection
from queueing.adapters.redis.lane import Arg
from queueing.adapters.redis.packing import SHORT, cut, moment, ms, pack_progress, pack_spec
from queueing.adapters.redis.producing import record_fields
from queueing.adapters.redis.traces import pack_attempt, pack_lines, pack_out
from queueing.domain.job import ErrorInfo, JobRef, JobSpec
from queueing.domain.message import Incoming
from queueing.domain.ports import Buried, Park, Report, Run, Settled, Settlement, Stale, Verdict
from queueing.domain.states import JobState
from queueing.errors import StoreError

RECHECK: Final = 5.0
"""Seconds until a message that is held or paused comes back."""
IN_LINE: Final = 300.0
"""Seconds until the message of a job that stands in a line comes back. Its turn does not wait for it: whoever lets it
out of the line publishes another. This one is for the case that Redis forgets the line."""
ON_TRIAL: Final = 1.5
"""Seconds until a suspect asks again whether its worker tries another one."""
MAX_DOUBTFUL: Final = 10_000
MAX_LOG: Final = 500
"""Lines kept of a job."""


class Running(Part):
    def __init__(self, connection: Connection, retention: Mapping[JobState, float] | None) -> None:
        super().__init__(connection, retention)
        # Tokens of claims whose answer never came. The job may be ours: its message, when it comes back to this
        # process, must claim with the same token, or it would wait for us to die.
        self._doubtful: dict[JobRef, str] = {}

    async def claim(self, messages: Sequence[Incoming], *, worker: str, to_settle: bool = False) -> list[Verdict]:
        # Taken out, so that of two copies of a message in one batch only one claims with the old token.
        fresh = _tokens(len(messages))
        tokens = [self._doubtful.pop(message.ref, new) for message, new in zip(messages, fresh, strict=True)]
        try:
            return await self._claim(messages, tokens, worker, to_settle)
        except BaseException:
            self._remember(messages, tokens)
            raise

    async def _claim(
        self, messages: Sequence[Incoming], tokens: Sequence[str], worker: str, to_settle: bool
    ) -> list[Verdict]:
        waits = [round(seconds * 1000) for seconds in (RECHECK, IN_LINE, ON_TRIAL)]
        head: list[Arg] = [worker, *waits, self._retention[JobState.FAILED], "1" if to_settle else ""]
        claims = [_claim_args(message, token) for message, token in zip(messages, tokens, strict=True)]
        answers = await self._run_batched("claim", head, claims)
        missing = [index for index, answer in enumerate(answers) if answer[0] == b"missing"]
        if missing:
            await self._run_rebuild([messages[index] for index in missing])
            again = await self._run_batched("claim", head, [claims[index] for index in missing])
            for index, answer in zip(missing, again, strict=True):
                answers[index] = answer
        return [_verdict(answer, token) for answer, token in zip(answers, tokens, strict=True)]

    async def _run_rebuild(self, messages: Sequence[Incoming]) -> None:
        args: list[Arg] = []
        for message in messages:
            due = "" if message.not_before is None else ms(message.not_before)
            args += [*record_fields(message.spec), message.epoch, message.attempt, due]
        await self._connection.run("rebuild", args)

    def _remember(self, messages: Sequence[Incoming], tokens: Sequence[str]) -> None:
        for message, token in zip(messages, tokens, strict=True):
            self._doubtful.setdefault(message.ref, token)
        while len(self._doubtful) > MAX_DOUBTFUL:
            self._doubtful.pop(next(iter(self._doubtful)))

    async def bury(self, spec: JobSpec, error: ErrorInfo) -> JobRef | None:
        written = await self._connection.run(
            "bury",
            [
                spec.id,
                spec.queue,
                spec.type,
                pack_spec(spec),
                ms(spec.created_at),
                self._retention[JobState.FAILED],
                cut(error.kind),
                cut(error.message),
                pack_out(error=error),
            ],
        )
        return JobRef(spec.id, 1) if written else None

    async def settle(self, settlements: Sequence[Settlement]) -> list[Settled | None]:
        """The same settlement again, in case its first answer was lost, writes nothing and has the same answer, as
        long as the job has not been claimed anew."""
        items = [_settlement_args(item) for item in settlements]
        answers = await self._run_batched("settle", self._finished_retention(), items, heavy=5)
        return [
            None
            if answer is None
            else Settled(
                ref=JobRef(item.ref.id, answer[0]),
                due_at=moment(answer[1]) if answer[1] else None,
                released=tuple(JobRef(job_id.decode(), epoch) for job_id, epoch in answer[2:]),
            )
            for item, answer in zip(settlements, answers, strict=True)
        ]

    async def report(self, reports: Sequence[Report]) -> list[bool]:
        items: list[list[Arg]] = []
        for news in reports:
            lines = pack_lines(news.log[-MAX_LOG:])
            progress = b"" if news.progress is None else pack_progress(news.progress)
            items.append([news.ref.id, news.token, progress, len(lines), *lines])
        return [bool(answer) for answer in await self._run_batched("report", (), items, heavy=4)]


def _tokens(count: int) -> list[str]:
    text = secrets.token_hex(6 * count)  # one call to the system for all
    return [text[start : start + 12] for start in range(0, len(text), 12)]


def _claim_args(message: Incoming, token: str) -> list[Arg]:
    return [message.spec.id, message.epoch, message.attempt, token]


def _verdict(answer: list[Any], token: str) -> Verdict:
    match answer:
        case [b"run", attempt, started, waited_since, cancel]:
            return Run(
                token=token,
                attempt=attempt,
                started_at=moment(started),
                queued_at=moment(waited_since) if waited_since else None,
                cancel_requested=bool(cancel),
            )
        case [b"park", millis, reason]:
            return Park(delay=millis / 1000, reason=reason.decode())
        case [b"bury", epoch, reason]:
            return Buried(epoch=epoch, reason=reason.decode())
        case [b"stale"]:
            return Stale()
        case _:
            raise StoreError(f"The record vanished while it was being claimed: {answer!r}. Deliver the message again.")


def _settlement_args(item: Settlement) -> list[Arg]:
    error = item.attempt.error if item.attempt else None
    result = item.result if item.outcome is JobState.SUCCEEDED else None
    long = b"" if result is None or len(result) <= SHORT else pack_out(result=result)
    lines = pack_lines(item.log[-MAX_LOG:])
    # An attempt that succeeded can be read off the record itself; most jobs have no other.
    told = item.attempt is not None and item.outcome is not JobState.SUCCEEDED
    return [
        item.ref.id,
        item.token,
        item.outcome.value,
        round(item.delay * 1000),
        result if result is not None and not long else b"",
        long,
        cut(error.kind) if error else b"",
        cut(error.message) if error else b"",
        cut(item.note) if item.note else b"",
        pack_attempt(item.attempt) if told and item.attempt else b"",
        len(lines),
        *lines,
    ]
