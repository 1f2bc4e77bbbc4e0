"""Pages of jobs: all lanes of a filter, merged, in the order of (score, id)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

from queueing.adapters.redis.connection import Arg
from queueing.adapters.redis.keys import SUMMARY_FIELDS
from queueing.adapters.redis.packing import all_tags, ms
from queueing.adapters.redis.reading import Reading
from queueing.adapters.redis.rows import summary, tags_of
from queueing.domain.reading import JobFilter, Page
from queueing.domain.states import JobState

STRIDE: Final = 500
"""Candidates of a tag filter that are looked at in one round trip."""
STRIDES: Final = 8
"""And how often, before a page says: go on from here."""


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


class Paging(Reading):
    async def page(self, wanted: JobFilter, *, cursor: str | None, limit: int) -> Page:
        """A page with a tag filter may be short, even empty, and yet have a cursor to go on from: it looks at some
        thousand jobs at most. A job that changes its state between two pages may be seen twice or not at all."""
        start = Cursor.parse(cursor, Cursor("older"))
        found = await self._find(wanted, start, limit, rows=True)
        if start.way == "newer" and found.rest is None and len(found.rows) < limit and not wanted.tag:
            # Nothing but a rest is left up there: show a whole first page instead.
            start = Cursor("older")
            found = await self._find(wanted, start, limit, rows=True)
        ahead = str(found.rest) if found.rest else None
        behind = _behind(start, found) if found.behind else None
        rows = [summary(row[0].decode(), row[2]) for row in found.rows]
        if start.way == "newer":
            return Page(rows=tuple(reversed(rows)), newer=ahead, older=behind)
        return Page(rows=tuple(rows), newer=behind, older=ahead)

    async def ids(self, wanted: JobFilter, *, after: str | None, limit: int) -> tuple[list[str], str | None]:
        here: Cursor | None = Cursor.parse(after, Cursor("newer"))
        ids: list[str] = []
        while here is not None:
            # In steps, so that a bulk operation does not keep Redis from its other clients.
            found = await self._find(wanted, here, min(STRIDE, limit - len(ids)), rows=False)
            ids += [row[0].decode() for row in found.rows]
            here = found.rest
            if len(ids) >= limit or wanted.tag:
                break
        return ids, str(here) if here else None

    async def _find(self, wanted: JobFilter, start: Cursor, limit: int, *, rows: bool) -> _Found:
        lanes = await self._lanes_of(wanted)
        if not lanes:
            return _Found([], None, False)
        if wanted.tag is None:
            return await self._look(wanted, lanes, start, limit, rows=rows)
        kept: list[list[Any]] = []
        behind, here = False, start
        for stride in range(STRIDES):
            seen = await self._look(wanted, lanes, here, STRIDE, rows=True)
            behind = behind or (stride == 0 and seen.behind)
            matching = await self._with_tag(wanted.tag, seen.rows)
            room = limit - len(kept)
            kept += matching[:room]
            if len(matching) > room or (len(kept) == limit and seen.rest):
                return _Found(kept, here.at(kept[-1]), behind)
            if seen.rest is None:
                return _Found(kept, None, behind)
            here = seen.rest
        return _Found(kept, here, behind)

    async def _look(self, wanted: JobFilter, lanes: Sequence[str], at: Cursor, limit: int, *, rows: bool) -> _Found:
        fields = SUMMARY_FIELDS if rows else ()
        args: list[Arg] = [
            int(at.way == "newer"),
            limit,
            "-inf" if wanted.since is None else ms(wanted.since),
            "+inf" if wanted.until is None else ms(wanted.until),
            at.score,
            at.id,
            len(fields),
            *fields,
            *lanes,
        ]
        more, behind, *found = await self._connection.run("page", args)
        rest = (at.at(found[-1]) if found else at) if more else None
        # A record that went between the index and now has no row.
        kept = [row for row in found if not rows or row[2] is not None]
        return _Found(kept, rest, bool(behind))

    async def _lanes_of(self, wanted: JobFilter) -> list[str]:
        return [
            self._keys.lane(queue, kind, state)
            for queue, kind in await self.known_lanes()
            if (not wanted.queues or queue in wanted.queues) and (not wanted.types or kind in wanted.types)
            for state in wanted.states or tuple(JobState)
        ]

    async def _with_tag(self, tag: str, rows: Sequence[list[Any]]) -> list[list[Any]]:
        """Where a row does not hold all tags of its job, the spec decides."""
        doubtful = [row for row in rows if not tags_of(row[2])[1] and tag not in tags_of(row[2])[0]]
        if not doubtful:
            return [row for row in rows if tag in tags_of(row[2])[0]]
        answers = await self._connection.run("specs", [1, "s", *(row[0] for row in doubtful)])
        tagged = {
            row[0]
            for row, answer in zip(doubtful, answers, strict=True)
            if answer is not None and answer[1] is not None and tag in all_tags(answer[1])
        }
        return [row for row in rows if tag in tags_of(row[2])[0] or row[0] in tagged]


def _behind(start: Cursor, found: _Found) -> str:
    """The cursor that leads back past the first row of a page."""
    back: Literal["older", "newer"] = "newer" if start.way == "older" else "older"
    edge = start.at(found.rows[0]) if found.rows else start
    return str(Cursor(back, edge.score, edge.id))
