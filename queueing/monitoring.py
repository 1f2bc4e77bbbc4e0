"""Takes the figures that monitoring reads. Round trips are few, and bounded whatever is enqueued, and by any name."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from queueing.domain.figures import (
    COUNTED,
    OTHER,
    OWN_LANES,
    OWN_QUEUES,
    Figures,
    LaneJobs,
    LaneTotals,
    QueueFigures,
    WorkerFigures,
)
from queueing.domain.ports import Broker, JobStore, QueueFlags, has
from queueing.domain.reading import Health, LaneCount, QueueDepth, WorkerStatus
from queueing.domain.states import JobState
from queueing.errors import BrokerError

STUCK: Final = 30.0
"""Seconds in the outbox after which a message is not merely on its way."""


async def figures(broker: Broker, store: JobStore, health: Health) -> Figures:
    """Raises StoreError where the store goes away on the way."""
    if not health.store.ok:
        return Figures(health=health)
    await store.tune_clock()
    (lanes, uncounted), totals, flags, workers, stuck, failures = await asyncio.gather(
        store.census(most=COUNTED),
        store.totals(),
        store.queues(),
        store.workers(),
        store.unconfirmed(older_than=STUCK, limit=1),
        store.open_groups(),
    )
    now = store.clock.now()
    oldest, found = await asyncio.gather(
        store.oldest(JobState.QUEUED, [flag.name for flag in flags]),
        depths(broker, [flag.name for flag in flags[:OWN_QUEUES]]),
    )
    ages = {name: max(0.0, (now - since).total_seconds()) for name, since in oldest.items()}
    return Figures(
        health=health,
        at=now,
        jobs=tuple(_jobs(lanes, totals)),
        uncounted=uncounted,
        totals=tuple(totals),
        queues=tuple(_queues(flags, ages, workers, found)),
        workers=_workers(workers),
        stuck=bool(stuck),
        open_failures=failures,
    )


async def depths(broker: Broker, names: Sequence[str]) -> dict[str, QueueDepth]:
    """What the broker says of these queues; those that it says nothing of are left out."""
    answers = await asyncio.gather(*(broker.depth(name) for name in names), return_exceptions=True)
    found = {}
    for name, answer in zip(names, answers, strict=True):
        if isinstance(answer, QueueDepth):
            found[name] = answer
        elif not isinstance(answer, BrokerError):
            raise answer
    return found


async def waiting(broker: Broker) -> list[int | None] | None:
    """Messages in each step of the delay ladder. None: the broker does not answer, or cannot be asked."""
    if not has(broker, "waiting", Broker):
        return None
    try:
        return await broker.waiting()
    except BrokerError:
        return None


def _jobs(lanes: Sequence[LaneCount], totals: Iterable[LaneTotals]) -> list[LaneJobs]:
    """Those with totals of their own have counts of their own; then, as far as there is room, others by name."""
    own = {(one.queue, one.type) for one in totals}
    ordered = sorted(lanes, key=lambda lane: ((lane.queue, lane.type) not in own, lane.queue, lane.type))
    named = [LaneJobs(queue=lane.queue, type=lane.type, counts=lane.counts) for lane in ordered[:OWN_LANES]]
    if not (rest := ordered[OWN_LANES:]):
        return named
    summed: Counter[JobState] = Counter()
    for lane in rest:
        summed.update(lane.counts)
    return [*named, LaneJobs(queue=OTHER, type=OTHER, counts=dict(summed))]


def _queues(
    flags: Sequence[QueueFlags],
    ages: Mapping[str, float],
    workers: Sequence[WorkerStatus],
    depths: Mapping[str, QueueDepth],
) -> list[QueueFigures]:
    serving = Counter(queue for worker in workers if worker.state == "running" for queue in worker.queues)
    named = []
    for flag in flags[:OWN_QUEUES]:
        depth = depths.get(flag.name)
        named.append(
            QueueFigures(
                name=flag.name,
                oldest=ages.get(flag.name, 0.0),
                paused=int(flag.paused),
                workers=serving[flag.name],
                ready=depth.ready if depth else None,
                dead=depth.dead if depth else None,
            )
        )
    if not (rest := flags[OWN_QUEUES:]):
        return named
    return [
        *named,
        QueueFigures(
            name=OTHER,
            oldest=max(ages.get(flag.name, 0.0) for flag in rest),
            paused=sum(flag.paused for flag in rest),
            workers=min(serving[flag.name] for flag in rest),
        ),
    ]


def _workers(workers: Sequence[WorkerStatus]) -> WorkerFigures:
    alive = [worker for worker in workers if worker.state != "gone"]
    return WorkerFigures(
        states={state: sum(worker.state == state for worker in workers) for state in ("running", "quiet", "stopping")},
        slots=sum(worker.concurrency for worker in alive if worker.state == "running"),
        busy=sum(len(worker.running) for worker in alive),
        rss=sum(worker.rss for worker in alive),
        cpu=sum(worker.cpu for worker in alive),
    )
