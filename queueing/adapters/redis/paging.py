"""Pages of jobs: all lanes of a filter, merged, in the order of (score, id)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

from queueing.adapters.redis.base import LANES, chunks
from queueing.adapters.redis.keys import SUMMARY_FIELDS, lane_name
from queueing.adapters.redis.lane import Arg
from queueing.adapters.redis.packing import moment, ms, unpack_spec
from queueing.adapters.redis.rows import summary
from queueing.adapters.redis.sifting import Sifting, conditions_of, needs_rows
from queueing.domain.job import JobSpec, JobSummary
from queueing.domain.reading import JobFilter, Page
from queueing.domain.states import JobState

STRIDE: Final = 200
"""Candidates of a condition that are looked at in one round trip."""
PATIENCE: Final = 0.4
"""Seconds of looking, after which a page says: go on from here."""
MERGED: Final = 60
"""Lists that one script call merges, a page's worth; more are merged here, from the parts."""
HEADS: Final = 350
"""Lists whose first job one script call looks up."""


class Cursor(NamedTuple):
    """A place between jobs, and the way to go from it."""

    way: Literal["older", "newer"]
    score: str = ""
    id: str = ""
    """Empty: the end of the list from which that way starts."""

    def __str__(self) -> str:
        return f"{self.way}~{self.score}~{self.id}"

    @classmethod
    def parse(cls, text: str | None, default: Cursor) -> Cursor:
        """``default`` for a text that is no cursor: it comes from a URL, where anything may stand."""
        way, _, place = (text or "").partition("~")
        score, _, job_id = place.partition("~")
        try:
            finite = math.isfinite(float(score))
        except ValueError:
            return default
        if way not in ("older", "newer") or not job_id or not finite:
            return default
        return cls("older" if way == "older" else "newer", score, job_id)

    def at(self, row: Sequence[Any]) -> Cursor:
        return Cursor(self.way, row[1].decode(), row[0].decode(errors="replace"))


class _Found(NamedTuple):
    rows: list[list[Any]]
    """Each: id, score, and the fields of a summary if they were asked for."""
    rest: Cursor | None
    """Where to go on the same way; None: that was all."""
    behind: bool
    """There are jobs on the other side of where this started."""
    looked: int = 0
    last: Sequence[Any] = ()
    """The last row that was looked at."""


class _Lists(NamedTuple):
    """What a filter takes its jobs from: one list for each lane and state."""

    lanes: Sequence[tuple[str, str]]
    states: Sequence[JobState]

    def __len__(self) -> int:
        return len(self.lanes) * len(self.states)


class _Head(NamedTuple):
    """What a page takes first of a list."""

    score: float
    id: bytes
    list: str


class Paging(Sifting):
    async def page(self, wanted: JobFilter, *, cursor: str | None, limit: int, look: int | None = None) -> Page:
        """A job that changes its state between two pages may be seen twice or not at all."""
        start = Cursor.parse(cursor, Cursor("older"))
        found = await self._find(wanted, start, limit, rows=True, look=look)
        if start.way == "newer" and found.rest is None and len(found.rows) < limit and not conditions_of(wanted):
            # Nothing but a rest is left up there: show a whole first page instead.
            start = Cursor("older")
            found = await self._find(wanted, start, limit, rows=True)
        ahead = str(found.rest) if found.rest else None
        behind = _behind(start, found) if found.behind else None
        rows = [summary(row[0].decode(), row[2]) for row in found.rows]
        seen: dict[str, Any] = {"looked": found.looked, "reached": moment(found.last[1]) if found.last else None}
        if start.way == "newer":
            return Page(rows=tuple(reversed(rows)), newer=ahead, older=behind, **seen)
        return Page(rows=tuple(rows), newer=behind, older=ahead, **seen)

    async def samples(self, wanted: JobFilter, *, limit: int) -> list[tuple[JobSummary, JobSpec]]:
        jobs = (await self.page(wanted, cursor=None, limit=limit, look=limit)).rows
        packed = await self._peek([job.id.encode() for job in jobs]) if jobs else []
        return [
            (job, unpack_spec(spec, id=job.id, queue=job.queue, type=job.type))
            for job, spec in zip(jobs, packed, strict=False)
            if spec is not None
        ]

    async def ids(self, wanted: JobFilter, *, after: str | None, limit: int) -> tuple[list[str], str | None]:
        here: Cursor | None = Cursor.parse(after, Cursor("newer"))
        ids: list[str] = []
        while here is not None:
            # In steps, so that a bulk operation does not keep Redis from its other clients.
            found = await self._find(wanted, here, min(STRIDE, limit - len(ids)), rows=False)
            ids += [row[0].decode() for row in found.rows]
            here = found.rest
            if len(ids) >= limit or conditions_of(wanted):
                break
        return ids, str(here) if here else None

    async def _find(
        self, wanted: JobFilter, start: Cursor, limit: int, *, rows: bool, look: int | None = None
    ) -> _Found:
        lists = await self._lists_of(wanted)
        if not lists.lanes:
            return _Found([], None, False)
        conditions = conditions_of(wanted)
        if not conditions:
            return await self._look(wanted, lists, start, limit, rows=rows)
        loop = asyncio.get_running_loop()
        until, kept = loop.time() + PATIENCE, list[list[Any]]()
        behind, looked, here = False, 0, start
        while True:
            stride = STRIDE if look is None else min(STRIDE, look - looked)
            seen = await self._look(wanted, lists, here, stride, rows=needs_rows(conditions))
            behind = behind or (looked == 0 and seen.behind)
            matching = await self._matching(conditions, seen.rows)
            room = limit - len(kept)
            kept += matching[:room]
            if len(matching) > room or (len(kept) == limit and seen.rest):
                # It goes on behind the last that found room, wherever in the stride that is.
                looked += 1 + next(at for at, row in enumerate(seen.rows) if row[0] == kept[-1][0]) if room else 0
                return _Found(kept, here.at(kept[-1]), behind, looked, kept[-1])
            looked += len(seen.rows)
            last = seen.rows[-1] if seen.rows else kept[-1] if kept else ()
            if seen.rest is None:
                return _Found(kept, None, behind, looked, last)
            here = seen.rest
            if loop.time() >= until or (look is not None and looked >= look):
                return _Found(kept, here, behind, looked, last)

    async def _look(self, wanted: JobFilter, lists: _Lists, at: Cursor, limit: int, *, rows: bool) -> _Found:
        if len(lists) <= MERGED:
            every = [self._keys.lane(*lane, state) for lane in lists.lanes for state in lists.states]
            return await self._merged(wanted, every, at, limit, rows=rows)
        heads, behind = await self._heads(wanted, lists, at)
        # One of the first so many jobs, and the one that says whether there are more, cannot be in any other list.
        first, left = heads[: limit + 1], heads[limit + 1 :]
        found = await self._in_parts(wanted, [head.list for head in first], at, limit, rows=rows)
        if left:
            last = found.rows[-1:]
            if len(found.rows) < limit or not all(_comes_before(row, left[0], at) for row in last):
                # Some of these went meanwhile, and others may come before what is behind them.
                found = await self._in_parts(wanted, [head.list for head in heads], at, limit, rows=rows)
            else:
                found = found._replace(rest=at.at(last[0]) if last else at)
        return found._replace(behind=behind)

    async def _heads(self, wanted: JobFilter, lists: _Lists, at: Cursor) -> tuple[list[_Head], bool]:
        """In the order of the page, and whether there are jobs on the other side of where it starts."""
        found, behind = list[_Head](), False
        for some in chunks(lists.lanes, min(LANES, HEADS // len(lists.states))):
            names = [lane_name(*lane) for lane in some]
            args = [*_span(wanted, at, 0), len(lists.states), *(state.value for state in lists.states), *names]
            other, *heads = await self._connection.run("heads", args)
            behind = behind or bool(other)
            for lane, state, job_id, score in heads:
                queue, kind = some[lane - 1]
                found.append(_Head(float(score), job_id, self._keys.lane(queue, kind, lists.states[state - 1])))
        return sorted(found, reverse=at.way == "older"), behind

    async def _in_parts(self, wanted: JobFilter, lists: Sequence[str], at: Cursor, limit: int, *, rows: bool) -> _Found:
        if len(lists) <= MERGED:
            return await self._merged(wanted, lists, at, limit, rows=rows)
        every, more, bound = list[list[Any]](), False, ""
        for some in chunks(lists, MERGED):
            # One more than is shown: once they are found, nothing behind the last of them matters any more.
            part = await self._merged(wanted, some, at, limit + 1, rows=False, bound=bound)
            every = sorted([*every, *part.rows], key=_place, reverse=at.way == "older")[: limit + 1]
            more = more or part.rest is not None
            if len(every) > limit:
                bound = every[limit][1]
        found = every[:limit]
        rest = (at.at(found[-1]) if found else at) if more or len(every) > limit else None
        if rows:
            found = await self._with_rows(found)
        return _Found(found, rest, False)

    async def _merged(
        self, wanted: JobFilter, lists: Sequence[str], at: Cursor, limit: int, *, rows: bool, bound: Arg = ""
    ) -> _Found:
        """What one script call can merge. ``bound``: the score beyond which nothing is wanted."""
        if not lists:
            return _Found([], None, False)
        fields = SUMMARY_FIELDS if rows else ()
        args: list[Arg] = [*_span(wanted, at, limit, bound), len(fields), *fields, *lists]
        more, behind, *found = await self._connection.run("page", args)
        rest = (at.at(found[-1]) if found else at) if more else None
        # A record that went between the index and now has no row.
        kept = [row for row in found if not rows or row[2] is not None]
        return _Found(kept, rest, bool(behind))

    async def _lists_of(self, wanted: JobFilter) -> _Lists:
        lanes = [
            (queue, kind)
            for queue, kind in await self.known_lanes()
            if (not wanted.queues or queue in wanted.queues) and (not wanted.types or kind in wanted.types)
        ]
        return _Lists(lanes, tuple(wanted.states) or tuple(JobState))


def _span(wanted: JobFilter, at: Cursor, limit: int, bound: Arg = "") -> list[Arg]:
    """What scripts are told of where a page starts and ends."""
    least: Arg = "-inf" if wanted.since is None else ms(wanted.since)
    greatest: Arg = "+inf" if wanted.until is None else ms(wanted.until)
    upwards = at.way == "newer"
    if bound:
        least, greatest = (least, bound) if upwards else (bound, greatest)
    return [int(upwards), limit, least, greatest, at.score, at.id]


def _comes_before(row: Sequence[Any], head: _Head, at: Cursor) -> bool:
    one, other = _place(row), (head.score, head.id)
    return one > other if at.way == "older" else one < other


def _place(row: Sequence[Any]) -> tuple[float, bytes]:
    return float(row[1]), row[0]


def _behind(start: Cursor, found: _Found) -> str:
    """The cursor that leads back past the first row of a page."""
    back: Literal["older", "newer"] = "newer" if start.way == "older" else "older"
    edge = start.at(found.rows[0]) if found.rows else start
    return str(Cursor(back, edge.score, edge.id))
