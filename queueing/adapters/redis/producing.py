"""Adding jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from queueing.adapters.redis.base import Part, chunks
from queueing.adapters.redis.keys import outbox_member
from queueing.adapters.redis.lane import Arg
from queueing.adapters.redis.packing import moment, ms, pack_spec, pack_tags, unique_name
from queueing.domain.job import JobRef, JobSpec
from queueing.domain.ports import Added
from queueing.domain.states import JobState


class Producing(Part):
    async def add(self, specs: Sequence[JobSpec]) -> list[Added]:
        """The batch is atomic in parts of some hundred jobs: after an error the first ones may be written. Adding
        them again is harmless, their ids are known."""
        answers = await self._run_batched("add", (), [new_record(spec) for spec in specs], heavy=3)
        return [added(answer) for answer in answers]

    async def confirm(self, refs: Sequence[JobRef]) -> None:
        for some in chunks(refs, 1000):
            await self._connection.swift("ZREM", self._keys("outbox"), *(outbox_member(ref) for ref in some))


def added(answer: Sequence[Any]) -> Added:
    existing, job_id, epoch, state, due, now = answer
    return Added(
        ref=JobRef(job_id.decode(), epoch),
        state=JobState(state.decode()),
        due_at=moment(due),
        delay=max(0, due - now) / 1000,
        existing=bool(existing),
    )


def new_record(spec: JobSpec) -> list[Arg]:
    """What the scripts' add() takes."""
    options = spec.options
    return [
        *record_fields(spec),
        "" if options.delay is None else round(options.delay * 1000),
        "" if options.run_at is None else ms(options.run_at),
    ]


def record_fields(spec: JobSpec) -> list[Arg]:
    """What ``add`` and ``rebuild`` both write."""
    options = spec.options
    return [
        spec.id,
        spec.queue,
        spec.type,
        pack_spec(spec),
        options.max_attempts,
        ms(spec.created_at),
        pack_tags(options.tags),
        "" if options.retention is None else round(options.retention * 1000),
        "" if options.unique_key is None else unique_name(options.unique_key),
        "" if options.unique_for is None else round(options.unique_for * 1000),
        "" if options.expires_at is None else ms(options.expires_at),
    ]
