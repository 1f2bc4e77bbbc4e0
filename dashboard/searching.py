"""A search through jobs, step by step: each step is one page's worth of looking, and the next takes up what was found.

Nothing runs between two steps. Whoever stops asking has stopped the search; whoever has the link can go on with it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from django.core import signing
from django.utils import timezone

from dashboard.jobquery import JobQuery
from queueing.domain.reading import LaneCount, Page
from queueing.domain.states import JobState
from queueing.inspector import PAGE, total

SALT = "leveret.search"


@dataclass(frozen=True, slots=True)
class SoFar:
    """What earlier steps have found. It travels in the link to the next, signed: nobody counts for us."""

    ids: tuple[str, ...] = ()
    looked: int = 0
    top: str = ""
    """When the first step began: what comes later is new."""
    newer: str = ""
    """The way back from the first step."""

    @classmethod
    def read(cls, token: str) -> SoFar:
        try:
            values = signing.loads(token, salt=SALT) if token else {}
            return cls(**(values | {"ids": tuple(values["ids"])})) if values else cls()
        except (signing.BadSignature, KeyError, TypeError):
            return cls()

    def token(self) -> str:
        return signing.dumps(asdict(self), salt=SALT, compress=True)

    @property
    def room(self) -> int:
        return max(1, PAGE - len(self.ids))

    def and_then(self, page: Page) -> SoFar:
        found = tuple(dict.fromkeys((*self.ids, *(job.id for job in page.rows))))
        first = self if self.top else replace(self, top=timezone.now().isoformat(), newer=page.newer or "")
        return replace(first, ids=found, looked=self.looked + page.looked)


@dataclass(frozen=True, slots=True)
class Progress:
    looked: int
    found: int
    of: int | None
    """How many there are to look at; None: nobody counts jobs by time."""
    reached: datetime | None
    on: str
    """Where the search goes on; empty: all is looked at, or the page is full."""
    full: bool
    ended: bool

    @property
    def percent(self) -> int | None:
        return min(100, self.looked * 100 // self.of) if self.of else None


def progress(query: JobQuery, so_far: SoFar, page: Page, lanes: list[LaneCount]) -> Progress:
    full = len(so_far.ids) >= PAGE
    on = f"{query.url(cursor=page.older)}&found={so_far.token()}" if page.older and not full else ""
    return Progress(
        looked=so_far.looked,
        found=len(so_far.ids),
        of=None if query.timed else _among(query, lanes),
        reached=page.reached,
        on=on,
        full=full and page.older is not None,
        ended=page.older is None,
    )


def _among(query: JobQuery, lanes: list[LaneCount]) -> int:
    counts = total(
        lane
        for lane in lanes
        if (not query.queues or lane.queue in query.queues) and (not query.types or lane.type in query.types)
    )
    if query.state:
        return counts[query.state]
    # A list of all states ends at now.
    return sum(counts.values()) - counts[JobState.SCHEDULED] - counts[JobState.RETRYING]
