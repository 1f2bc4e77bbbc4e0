"""What the overview shows: what needs attention, how many jobs are where, how fast they go, and what carries them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from dashboard import engine, series
from dashboard.access import Viewer
from dashboard.contact import contacts
from dashboard.live import Params, live_view
from queueing.domain import attention, failures
from queueing.domain.job import JobSummary
from queueing.domain.reading import JobFilter, Minute, QueueStatus, WorkerStatus
from queueing.domain.states import JobState
from queueing.inspector import Inspector

S = JobState
HOUR = timedelta(hours=1)
FAILURES_READ = 300
"""The newest failures that are sorted by type."""
FAILING_SHOWN = 6
BARS = 16
QUEUES_SHOWN = 12
LATELY = timedelta(minutes=5)
"""What "now" means for rates."""


@dataclass(frozen=True, slots=True)
class Span:
    label: str
    length: timedelta
    step: int
    """Minutes in one point of a chart: 1, 10 or 60, as the store sums them up."""


SPANS = {
    "15m": Span("15 min", timedelta(minutes=15), 1),
    "1h": Span("1 h", HOUR, 1),
    "24h": Span("24 h", timedelta(hours=24), 10),
    "7d": Span("7 d", timedelta(days=7), 60),
}


def span_of(text: str) -> str:
    return text if text in SPANS else "1h"


@live_view("overview.attention", template="dashboard/overview/_attention.html", hints=("queue", "worker"), every=10.0)
def needs(params: Params, viewer: Viewer) -> dict[str, Any]:
    now = timezone.now()
    standing = engine.look(lambda inspector: inspector.standing(since=now - HOUR, until=now))
    concerns = attention.concerns(standing, now=now)
    failing = any(concern.kind == "failing" for concern in concerns)
    return {
        "concerns": concerns,
        "chief": engine.look(lambda inspector: _chief(inspector, now)) if failing else None,
        "staffed": any(worker.state != "gone" for worker in standing.workers),
    }


async def _chief(inspector: Inspector, now: datetime) -> failures.FailureGroup | None:
    groups = await inspector.groups()
    trends = await inspector.group_trends([group.id for group in groups], hours=failures.RECENT)
    return failures.chief(groups, trends, now=now)


@dataclass(frozen=True, slots=True)
class Tile:
    state: JobState
    count: int
    trend: tuple[int, ...]
    """Jobs a minute over the last half hour, for what is counted by the minute."""
    label: str = ""
    at: datetime | None = None
    """What the note is about: the next due, the longest waiting."""


@live_view("overview.tiles", template="dashboard/overview/_tiles.html", hints=("job",), every=10.0)
def tiles(params: Params, viewer: Viewer) -> dict[str, Any]:
    now = timezone.now()
    counts, edges, minutes, workers = engine.look(lambda inspector: _figures(inspector, now))
    slots = sum(worker.concurrency for worker in workers if worker.state == "running")
    notes = {S.SCHEDULED: "next", S.QUEUED: "oldest", S.RETRYING: "next"}
    trends = {
        S.SUCCEEDED: tuple(minute.succeeded for minute in minutes),
        S.RETRYING: tuple(minute.retried for minute in minutes),
        S.FAILED: tuple(minute.failed for minute in minutes),
    }
    found = [Tile(state, counts[state], trends.get(state, ()), notes.get(state, ""), edges.get(state)) for state in S]
    last = [minute for minute in minutes if minute.at > now - LATELY]
    return {
        "tiles": found,
        "slots": slots,
        "busy": min(slots, counts[S.RUNNING]),
        "rate": series.per_second(last, now=now),
        "failed": sum(minute.failed for minute in last),
    }


async def _figures(
    inspector: Inspector, now: datetime
) -> tuple[dict[JobState, int], dict[JobState, datetime], list[Minute], list[WorkerStatus]]:
    return await asyncio.gather(
        inspector.counts(),
        inspector.edges(S.SCHEDULED, S.QUEUED, S.RETRYING),
        inspector.throughput(since=now - timedelta(minutes=30), until=now),
        inspector.workers(),
    )


@live_view("overview.charts", template="dashboard/overview/_charts.html", hints=(), every=15.0)
def charts(params: Params, viewer: Viewer) -> dict[str, Any]:
    key, now = span_of(params["range"]), timezone.now()
    minutes = by_minutes(key, now)
    points = series.points(minutes, now=now)
    return {
        "points": points,
        "last": points[-1] if points else None,
        "wait": series.percentiles(minute.wait for minute in minutes),
        "run": series.percentiles(minute.run for minute in minutes),
        "ended": sum(minute.succeeded + minute.failed for minute in minutes),
        "drawn": series.drawn(points) | {"step": SPANS[key].step * 60},
        "span": SPANS[key],
        "within": key,
    }


def by_minutes(key: str, now: datetime) -> list[Minute]:
    """Of a span, by its step."""
    span = SPANS[key]
    return engine.look(lambda inspector: inspector.throughput(since=now - span.length, until=now, step=span.step))


@live_view("overview.queues", template="dashboard/overview/_queues.html", hints=("job", "queue", "worker"), every=5.0)
def queues(params: Params, viewer: Viewer) -> dict[str, Any]:
    queues, rates = engine.look(_queues)
    return {
        "queues": list(zip(queues, rates, strict=False)),
        "more": len(queues) - len(rates),
        "broker_known": all(queue.depth is not None for queue in queues),
    }


async def _queues(inspector: Inspector) -> tuple[list[QueueStatus], list[float]]:
    """All queues, the busiest first, and how many jobs a second the first of them ended lately."""
    found, now = sorted(await inspector.queues(), key=_busiest), timezone.now()
    minutes = await asyncio.gather(
        *(inspector.throughput(since=now - LATELY, until=now, queue=queue.name) for queue in found[:QUEUES_SHOWN])
    )
    return found, [series.per_second(some, now=now) for some in minutes]


def _busiest(queue: QueueStatus) -> tuple[int, int, str]:
    return -queue.counts[S.QUEUED], -queue.counts[S.RUNNING], queue.name


@dataclass(frozen=True, slots=True)
class Failing:
    type: str
    count: int
    bars: tuple[int, ...]
    rising: bool


@live_view("overview.failing", template="dashboard/overview/_failing.html", hints=("job",), every=30.0)
def failing(params: Params, viewer: Viewer) -> dict[str, Any]:
    now = timezone.now()
    wanted = JobFilter(states=(S.FAILED,), since=now - HOUR)
    page = engine.look(lambda inspector: inspector.page(wanted, limit=FAILURES_READ))
    return {"failing": _by_type(page.rows, now), "read": len(page.rows), "more": page.older is not None}


def _by_type(jobs: Sequence[JobSummary], now: datetime) -> list[Failing]:
    """The types that fail most."""
    found = []
    for kind, count in Counter(job.type for job in jobs).most_common(FAILING_SHOWN):
        bars = [0] * BARS
        for job in jobs:
            if job.type == kind and job.finished_at is not None:
                age = (now - job.finished_at) / HOUR
                bars[max(0, min(BARS - 1, BARS - 1 - int(age * BARS)))] += 1
        found.append(Failing(kind, count, tuple(bars), _rises(bars)))
    return found


def _rises(bars: Sequence[int]) -> bool:
    """The last quarter of an hour against the rest of the hour. A steady failure is drawn calmly."""
    recent, before = bars[-BARS // 4 :], bars[: -BARS // 4]
    return sum(recent) >= attention.LEAST_FAILURES and sum(recent) / len(recent) > attention.RISING * (
        sum(before) / len(before)
    )


@live_view("overview.health", template="dashboard/overview/_health.html", hints=("worker",), every=5.0)
def health(params: Params, viewer: Viewer) -> dict[str, Any]:
    return {"health": contacts.look()}
