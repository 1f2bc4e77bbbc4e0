"""Dead letters as the console shows them: the failed jobs of a queue, read from their records. No message is
consumed for looking at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from dashboard.queuelist import Shown
from queueing.domain.job import JobRecord, JobSummary
from queueing.domain.message import UNREADABLE
from queueing.domain.reading import JobFilter, Page
from queueing.domain.states import JobState
from queueing.inspector import PAGE, Inspector

NEW = 100
"""New ones are counted up to here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterQuery:
    """What the page shows, as its URL says it."""

    queue: str
    type: str = ""
    """Part of a type's name."""
    cursor: str = ""
    at: str = ""
    """The id of the letter that is open."""

    def url(self, **changes: str) -> str:
        changed = replace(self, **changes)
        values = {name: getattr(changed, name) for name in ("type", "cursor", "at") if getattr(changed, name)}
        path = reverse("dashboard:dead_letters_of", args=[self.queue])
        return f"{path}?{urlencode(values)}" if values else path

    @property
    def shut(self) -> str:
        return self.url(at="")

    @property
    def unfiltered(self) -> str:
        return self.url(type="", cursor="")

    def types(self, queue: Shown) -> list[str] | None:
        """The types that match; None for all."""
        if not self.type:
            return None
        return [lane.type for lane in queue.types if self.type.lower() in lane.type.lower()]

    def filter(self, queue: Shown) -> JobFilter:
        types = self.types(queue)
        # A filter without types would mean all of them; no lane has a type without a name.
        wanted = () if types is None else tuple(types or [""])
        return JobFilter(states=(JobState.FAILED,), queues=(self.queue,), types=wanted)

    def count(self, queue: Shown) -> int:
        types = self.types(queue)
        return sum(lane.counts[JobState.FAILED] for lane in queue.types if types is None or lane.type in types)


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
    def marks(self) -> list[str]:
        if self.job is None:
            return []
        found = ["raw"] if self.is_raw else []
        if self.job.error_kind == "DeadLettered":
            found.append("by broker")
        # Ids that a worker derived from somebody else's message are UUIDs of version 8.
        if not found and self.id[14:15] == "8":
            found.append("foreign")
        return found


def tabs(queues: Sequence[Shown], current: str) -> list[tuple[Shown, int]]:
    """Queues with something in their dead letters, and the one that is looked at; most first."""
    counted = [(queue, queue.status.counts[JobState.FAILED]) for queue in queues]
    kept = [(queue, count) for queue, count in counted if count or queue.name == current]
    return sorted(kept, key=lambda tab: (-tab[1], tab[0].name))


def params_of(query: LetterQuery, page: Page) -> dict[str, Any]:
    """What the live list needs to show the same rows again."""
    top = page.rows[0].finished_at if page.rows and not query.cursor else None
    return {
        "queue": query.queue,
        "type": query.type,
        "cursor": query.cursor,
        "at": query.at,
        "ids": [job.id for job in page.rows],
        "top": top.isoformat() if top else "",
        "newer": page.newer or "",
        "older": page.older or "",
    }


async def came_since(inspector: Inspector, wanted: JobFilter, ids: Sequence[str], top: datetime | None) -> int:
    """How many have died since the list was loaded."""
    if top is None:
        return 0
    since = JobFilter(states=wanted.states, queues=wanted.queues, types=wanted.types, since=top)
    page = await inspector.page(since, limit=NEW + PAGE)
    known = set(ids)
    return min(NEW, sum(job.id not in known for job in page.rows))


def comebacks(record: JobRecord) -> int:
    """How often it was replayed and failed again in the same way as now."""
    kind = record.error.kind if record.error else None
    ends = [one for one in record.attempts if one.outcome is JobState.FAILED and one.error and one.error.kind == kind]
    return max(0, len(ends) - 1)
