"""Figures of a cluster that has one of everything."""

from __future__ import annotations

from datetime import UTC, datetime

from queueing.domain.figures import Figures, LaneJobs, LaneTotals, QueueFigures, WorkerFigures
from queueing.domain.reading import BUCKETS, Health, ServerHealth
from queueing.domain.states import JobState

HISTOGRAM = tuple([1] * len(BUCKETS))
FULL = Figures(
    health=Health(
        broker=ServerHealth(name="RabbitMQ", ok=True, latency=0.001),
        store=ServerHealth(name="Redis", ok=True, latency=0.001),
        leader="w",
        outbox=0,
    ),
    at=datetime(2026, 1, 1, tzinfo=UTC),
    jobs=(LaneJobs(queue="q", type="t", counts=dict.fromkeys(JobState, 1)),),
    totals=(LaneTotals(queue="q", type="t", wait=HISTOGRAM, run=HISTOGRAM),),
    queues=(QueueFigures(name="q", oldest=0, paused=0, workers=1, ready=0, dead=0),),
    workers=WorkerFigures(states={"running": 1, "quiet": 0, "stopping": 0}, slots=5, busy=0, rss=1, cpu=0.1),
)
