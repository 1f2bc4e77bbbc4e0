"""Which rows fulfil conditions that the index knows nothing of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec

from queueing.adapters.redis.keys import SUMMARY_FIELDS
from queueing.adapters.redis.lane import Arg
from queueing.adapters.redis.packing import all_tags, unpack_arguments
from queueing.adapters.redis.reading import Reading
from queueing.adapters.redis.rows import summary, tags_of
from queueing.domain.conditions import (
    Argument,
    Condition,
    Named,
    keep,
    keep_arguments,
    needs_payload,
    needs_tags,
)
from queueing.domain.job import JobSummary
from queueing.domain.reading import JobFilter

PEEK: Final = 2 * 1024 * 1024
"""Bytes of payloads in one answer."""
PEEKED: Final = 250
"""And how many of them."""


class Sifting(Reading):
    async def _matching(self, conditions: Sequence[Condition], rows: Sequence[list[Any]]) -> list[list[Any]]:
        """Of rows with an id, a score and, unless :func:`needs_rows` says no, what a list shows."""
        if not needs_rows(conditions):
            return await self._with_rows([row for row, fits in await self._asked(conditions, rows) if fits])
        now = self.clock.now()
        deep = [one for one in conditions if needs_payload(one)]
        plain = [one for one in conditions if not needs_payload(one)]
        # What the row itself tells is asked first: most rows need no look at their payload.
        jobs = [(row, summary(row[0].decode(), row[2])) for row in rows]
        if any(needs_tags(one) for one in plain):
            jobs = await self._with_all_tags(jobs)
        left = [(row, job) for row, job in jobs if keep(plain, job, now=now)]
        if not deep:
            return [row for row, _ in left]
        packed = await self._specs([row[0] for row, _ in left])
        return [
            row
            for (row, job), spec in zip(left, packed, strict=True)
            if spec is not None and keep(deep, job, unpack_arguments(spec), now=now)
        ]

    async def _asked(self, conditions: Sequence[Condition], rows: Sequence[list[Any]]) -> list[tuple[list[Any], bool]]:
        specs = await self._specs([row[0] for row in rows])
        return [
            (row, spec is not None and keep_arguments(conditions, unpack_arguments(spec)))
            for row, spec in zip(rows, specs, strict=True)
        ]

    async def _with_rows(self, found: Sequence[list[Any]]) -> list[list[Any]]:
        """With what a list shows; without those whose record went meanwhile."""
        head: list[Arg] = [len(SUMMARY_FIELDS), *SUMMARY_FIELDS]
        answers = await self._run_batched("rows", head, [[row[0]] for row in found])
        return [[*row[:2], answer] for row, answer in zip(found, answers, strict=True) if answer is not None]

    async def _with_all_tags(self, jobs: list[tuple[list[Any], JobSummary]]) -> list[tuple[list[Any], JobSummary]]:
        """Where a row does not hold all tags of its job, the spec decides."""
        doubtful = [row[0] for row, _ in jobs if not tags_of(row[2])[1]]
        tags = {
            job_id: all_tags(spec)
            for job_id, spec in zip(doubtful, await self._specs(doubtful), strict=True)
            if spec is not None
        }
        return [(row, msgspec.structs.replace(job, tags=tags[row[0]]) if row[0] in tags else job) for row, job in jobs]

    async def _specs(self, ids: Sequence[bytes]) -> list[bytes | None]:
        """Packed. None for those whose record went meanwhile."""
        found: list[bytes | None] = []
        while len(found) < len(ids):
            found += await self._peek(ids[len(found) :])
        return found

    async def _peek(self, ids: Sequence[bytes]) -> list[bytes | None]:
        """Of the first of them, as many as one answer may hold."""
        return cast(list[bytes | None], await self._connection.run("peek", [PEEK, *ids[:PEEKED]]))


def needs_rows(conditions: Sequence[Condition]) -> bool:
    """Arguments alone can be judged without what a list shows, which is most of the reading."""
    return not all(isinstance(one, Argument) for one in conditions)


def conditions_of(wanted: JobFilter) -> tuple[Condition, ...]:
    return (Named(field="tag", value=wanted.tag), *wanted.where) if wanted.tag else wanted.where
