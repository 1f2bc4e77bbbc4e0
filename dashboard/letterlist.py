"""Dead letters as the console shows them: the failed jobs of a queue, read from their records. No message is
consumed for looking at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any, Final

import msgspec
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from dashboard import engine
from dashboard.access import Viewer
from dashboard.letterquery import LetterQuery
from dashboard.queuelist import Shown
from dashboard.searching import SoFar
from dashboard.stencils import Stencil, stencil
from dashboard.templatetags.console import tail, when
from dashboard.wording import visible
from queueing.domain.job import JobSummary
from queueing.domain.message import UNREADABLE
from queueing.domain.reading import JobFilter, Page
from queueing.domain.states import JobState
from queueing.inspector import PAGE, Inspector

NEW = 100
"""New ones are counted up to here."""
LOOK = 400
"""And so many of them are looked at, where each must be."""
LOOPS = 2
"""Replays in a row that failed in the same way, after which another one needs a tick."""


@dataclass(frozen=True, slots=True)
class Row:
    """A letter in its place of the list; it keeps it until the list is loaded again."""

    id: str
    url: str
    job: JobSummary | None
    """None: it was discarded, or trimmed, meanwhile."""

    @property
    def rests(self) -> bool:
        return self.job is not None and self.job.state is JobState.FAILED

    @property
    def is_raw(self) -> bool:
        return self.job is not None and self.job.type == UNREADABLE

    @property
    def loops(self) -> bool:
        return self.job is not None and self.job.comebacks >= LOOPS

    @property
    def marks(self) -> list[str]:
        if self.job is None:
            return []
        found = [pgettext("dead letter", "raw")] if self.is_raw else []
        if self.job.error_kind == "DeadLettered":
            found.append(pgettext("dead letter", "by broker"))
        # Ids that a worker derived from somebody else's message are UUIDs of version 8.
        if not found and self.id[14:15] == "8":
            found.append(pgettext("dead letter", "foreign"))
        return found


SHOWN: Final = ("id", "shown_id", "tail", "type", "url", "kind", "message", "note", "age")
COUNTED: Final = ("comebacks", "attempt", "max_attempts")


def draw(rows: Sequence[Row], query: LetterQuery, viewer: Viewer) -> list[SafeString]:
    """As HTML, from ``dead_letters/_row.html``."""
    cut = cache(partial(stencil, "dashboard/dead_letters/_row.html", *SHOWN, *COUNTED, may_operate=viewer.may_operate))
    found = []
    for row in rows:
        job = row.job
        one: Stencil = cut(
            state=job and job.state,
            at=row.id == query.at,
            rests=row.rests,
            is_raw=row.is_raw,
            loops=row.loops,
            marks=tuple(row.marks),
            noted=bool(job and job.note),
        )
        found.append(one.fill(_values(row)))
    return found


def _values(row: Row) -> dict[str, str]:
    values = dict.fromkeys((*SHOWN, *COUNTED), "")
    values |= {"id": row.id, "shown_id": visible(row.id), "tail": visible(tail(row.id)), "url": row.url}
    if (job := row.job) is not None:
        values |= {name: str(getattr(job, name)) for name in COUNTED}
        values |= {"type": visible(job.type), "kind": visible((job.error_kind or "").rpartition(".")[2])}
        values |= {"message": visible(job.error_message or ""), "note": visible(job.note or "")}
        values["age"] = when(job.finished_at, "bare")
    return values


def tabs(queues: Sequence[Shown], current: str) -> list[tuple[Shown, int]]:
    """Queues with something in their dead letters, and the one that is looked at; most first."""
    counted = [(queue, queue.status.counts[JobState.FAILED]) for queue in queues]
    kept = [(queue, count) for queue, count in counted if count or queue.name == current]
    return sorted(kept, key=lambda tab: (-tab[1], tab[0].name))


def count(query: LetterQuery, queue: Shown) -> int | None:
    """How many match. None where the store does not count that."""
    if not query.countable:
        return None
    lanes = (lane for lane in queue.types if not query.types or lane.type in query.types)
    return sum(lane.counts[JobState.FAILED] for lane in lanes)


def params_of(query: LetterQuery, page: Page) -> dict[str, Any]:
    """What the live list needs to show the same rows again; where that is at once, it need not ask again."""
    engine.keep("dead_letters.page", page)
    top = page.rows[0].finished_at if page.rows and not query.cursor else None
    return {
        **_place(query),
        "ids": [job.id for job in page.rows],
        "top": top.isoformat() if top else "",
        "newer": page.newer or "",
        "older": page.older or "",
    }


def params_of_search(query: LetterQuery, so_far: SoFar, page: Page) -> dict[str, Any]:
    return {
        **_place(query),
        "ids": list(so_far.ids),
        "top": so_far.top,
        "newer": so_far.newer,
        "older": page.older or "",
        "searching": page.older is not None and len(so_far.ids) < PAGE,
    }


def _place(query: LetterQuery) -> dict[str, str]:
    return {**query.params, "cursor": query.cursor}


async def came_since(inspector: Inspector, wanted: JobFilter, ids: Sequence[str], top: datetime | None) -> int:
    """How many have died since the list was loaded."""
    if top is None:
        return 0
    since = msgspec.structs.replace(wanted, since=max(top, wanted.since) if wanted.since else top)
    page = await inspector.page(since, limit=NEW + PAGE, look=LOOK)
    known = set(ids)
    return min(NEW, sum(job.id not in known for job in page.rows))
