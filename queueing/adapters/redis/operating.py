"""What operators do to jobs, queues and workers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from queueing.adapters.redis.base import Part, chunks
from queueing.adapters.redis.lane import Arg
from queueing.adapters.redis.packing import cut, ms
from queueing.domain.job import JobRef
from queueing.domain.names import check_queue
from queueing.domain.ports import Changed, Command, Receipt
from queueing.domain.states import JobState

_REFUSALS: Final = {
    "unique": "Another job with the same unique key waits or runs.",
    "comeback": "It came back in the same way after earlier replays.",
    "since": "Its last run ended after the set was frozen.",
}


class Operating(Part):
    async def replay(
        self, ids: Sequence[str], *, by: str, receipt: Receipt | None = None, comebacks: int | None = None
    ) -> list[Changed]:
        head: list[Arg] = [_note("replayed", by), "" if comebacks is None else comebacks]
        return await self._act("replay", head, ids, receipt, only="finished jobs can be replayed")

    async def cancel(self, ids: Sequence[str], *, by: str, receipt: Receipt | None = None) -> list[Changed]:
        head: list[Arg] = [_note("cancelled", by), self._retention[JobState.CANCELLED]]
        return await self._act("cancel", head, ids, receipt, only="jobs that wait or run can be cancelled")

    async def hasten(self, ids: Sequence[str], *, by: str, receipt: Receipt | None = None) -> list[Changed]:
        head: list[Arg] = [_note("run early", by)]
        return await self._act("hasten", head, ids, receipt, only="scheduled and retrying jobs can be run early")

    async def discard(self, ids: Sequence[str], *, receipt: Receipt | None = None) -> list[Changed]:
        return await self._act("discard", [], ids, receipt, only="finished jobs can be discarded")

    async def _act(
        self, name: str, head: Sequence[Arg], ids: Sequence[str], receipt: Receipt | None, *, only: str
    ) -> list[Changed]:
        changed: list[Changed] = []
        for number, some in enumerate(chunks(ids)):
            # A script that was called and a receipt that was written are one: hence a receipt for each call.
            kept: list[Arg] = [f"{receipt.name}:{number}", ms(receipt.frozen_at)] if receipt else ["", ""]
            answers = await self._connection.run(name, [*kept, *head, *some])
            changed += [_changed(job_id, answer, only) for job_id, answer in zip(some, answers, strict=True)]
        return changed

    async def command(self, worker: str, command: Command) -> None:
        key = self._keys("commands", worker)
        await self._connection.pipeline([("RPUSH", key, f"{command.kind} {command.value}"), ("EXPIRE", key, 3600)])

    async def pause(self, queue: str, *, paused: bool, by: str) -> None:
        await self._connection.run("pause", [check_queue(queue), int(paused), by if paused else ""])

    async def register_queue(self, queue: str) -> None:
        if await self._connection.call("SADD", self._keys("queues"), check_queue(queue)):
            await self._connection.call("INCR", self._keys("seq"))


def _note(act: str, by: str) -> bytes:
    return cut(f"{act} by {by}" if by else act)


def _changed(job_id: str, answer: list[Any], only: str) -> Changed:
    if len(answer) == 1:
        return Changed(ref=None, done=False, state=None, reason="There is no such job.")
    done, epoch, state, reason, queue = answer
    found = JobState(state.decode())
    why = ""
    if not done:
        why = _REFUSALS.get(reason.decode()) or f"It is {found}; only {only}."
    return Changed(ref=JobRef(job_id, epoch), done=bool(done), state=found, reason=why, queue=queue.decode())
