"""The jobs that an operator means: all that match a filter, or those that something else names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

import msgspec
from django.utils.translation import gettext as _

from dashboard import engine, wording
from dashboard.bulk.acts import BulkAct
from dashboard.letterlist import LOOPS
from queueing.domain.job import JobSummary
from queueing.domain.reading import JobFilter
from queueing.domain.states import JobState
from queueing.inspector import Inspector

STEP = 5_000
"""Ids that are fetched at a time."""
COUNTED = 20_000
"""Where nobody keeps count, a preview counts up to here."""
SAMPLE = 5
LOOKED_AT = 1_000
"""So many jobs a preview looks at one by one, for those that keep coming back and so that no others are acted on."""

IdSource = Callable[[], Iterable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Give ``wanted`` or ``ids``; an ``IdSource`` is asked anew each time, and may be long."""

    moment: datetime
    """As of when: what comes later is not meant. See :func:`dashboard.bulk.confirming.moment_of`."""
    described: str
    """In the words of the filter box: ``state:failed queue:media``."""
    back: str
    """The page they were chosen on."""
    wanted: JobFilter | None = None
    ids: IdSource | None = None

    def batches(self, act: BulkAct) -> Iterator[list[str]]:
        """Their ids, some thousand at a time."""
        if self.ids is not None:
            rest = iter(self.ids())
            while batch := list(islice(rest, STEP)):
                yield batch
        elif self.wanted is not None:
            for wanted in act.filters(_without_operations(self.wanted), self.moment):
                yield from _pages(wanted)

    def first(self, act: BulkAct, count: int) -> list[str]:
        return list(islice((job_id for batch in self.batches(act) for job_id in batch), count))


def _pages(wanted: JobFilter) -> Iterator[list[str]]:
    after: str | None = None
    while True:
        ids, after = engine.look(lambda inspector, after=after: inspector.ids_from(wanted, after=after, limit=STEP))  # type: ignore[misc]
        if ids:
            yield ids
        if after is None:
            return


def _without_operations(wanted: JobFilter) -> JobFilter:
    """An operation must not act on the job that runs it."""
    if wanted.queues:
        return msgspec.structs.replace(wanted, queues=tuple(name for name in wanted.queues if name != QUEUE) or ("",))
    lanes = engine.look(lambda inspector: inspector.lanes())
    return msgspec.structs.replace(wanted, queues=tuple(sorted({lane.queue for lane in lanes} - {QUEUE})) or ("",))


QUEUE = "leveret-operations"
"""Of the jobs that run operations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comebacks:
    """Of those that an act would take: what has failed in the same way after each of several replays."""

    count: int
    looked: int
    """Jobs that were looked at, those that wait longest."""
    exact: bool
    """That was all of them."""

    @classmethod
    def of(cls, ids: Sequence[str], *, exact: bool) -> Comebacks:
        count = engine.look(lambda inspector: inspector.comebacks(ids, times=LOOPS))
        return cls(count=count, looked=len(ids), exact=exact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    count: int
    exact: bool
    """False: there are more than ``count``."""
    states: tuple[tuple[JobState, int], ...]
    """How many of each state, where somebody keeps count."""
    left_out: tuple[tuple[JobState, int], ...]
    """Those that match and are left alone."""
    sample: tuple[JobSummary, ...]
    ids: tuple[str, ...] = ()
    """All of them; none where they are more than can be done at once."""
    comebacks: Comebacks | None = None
    """None: the act does not mind them."""

    @classmethod
    def of(cls, chosen: Chosen, act: BulkAct) -> Preview:
        preview = cls._of(chosen, act)
        if not preview.count:
            return preview
        ids = chosen.first(act, LOOKED_AT + 1)
        if few := len(ids) <= LOOKED_AT:
            preview = replace(preview, count=len(ids), exact=True, ids=tuple(ids))
        if not act.minds_comebacks or not ids:
            return preview
        return replace(preview, comebacks=Comebacks.of(ids[:LOOKED_AT], exact=few))

    @classmethod
    def _of(cls, chosen: Chosen, act: BulkAct) -> Preview:
        if chosen.wanted is None or not _is_counted(chosen.wanted, chosen.moment):
            ids = chosen.first(act, COUNTED + 1)
            sample = engine.look(lambda inspector: inspector.summaries(ids[:SAMPLE]))
            known = tuple(job for job in sample if job is not None)
            return cls(
                count=min(len(ids), COUNTED), exact=len(ids) <= COUNTED, states=(), left_out=(), sample=known
            )  # fmt: skip
        wanted = _without_operations(chosen.wanted)
        counts = engine.look(lambda inspector: inspector.counts(queues=wanted.queues, types=wanted.types))
        states = act.narrowed(wanted)
        asked = wanted.states or tuple(JobState)
        return cls(
            count=sum(counts[state] for state in states),
            exact=True,
            states=tuple((state, counts[state]) for state in states if counts[state]),
            left_out=tuple((state, counts[state]) for state in asked if state not in states and counts[state]),
            sample=engine.look(lambda inspector: _sample(inspector, list(act.filters(wanted, chosen.moment)))),
        )

    @property
    def number(self) -> str:
        count = wording.number(self.count)
        return count if self.exact else _("more than %(number)s") % {"number": count}

    @property
    def fewer(self) -> str:
        """How many it is without what keeps coming back; empty where that leaves none out."""
        if self.comebacks is None or (self.comebacks.exact and not self.comebacks.count):
            return ""
        if self.comebacks.exact:
            return wording.number(self.count - self.comebacks.count)
        return _("up to %(number)s") % {"number": wording.number(self.count)} if self.exact else ""


def _is_counted(wanted: JobFilter, moment: datetime) -> bool:
    """The store counts by state, queue and type; whatever else a filter asks for must be looked for."""
    plain = JobFilter(states=wanted.states, queues=wanted.queues, types=wanted.types)
    return wanted in (plain, msgspec.structs.replace(plain, until=moment))


async def _sample(inspector: Inspector, filters: Sequence[JobFilter]) -> tuple[JobSummary, ...]:
    found: list[JobSummary] = []
    for wanted in filters:
        page = await inspector.page(wanted, limit=SAMPLE - len(found))
        found += page.rows
        if len(found) >= SAMPLE:
            break
    return tuple(found)
