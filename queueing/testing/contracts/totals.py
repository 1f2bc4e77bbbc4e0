"""Totals of lanes: they only grow, and there are no more of them than somebody wants to keep."""

from __future__ import annotations

from queueing.domain.figures import LaneTotals
from queueing.domain.ports import JobStore
from queueing.domain.reading import BUCKETS, Minute
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import NOON, job

WAIT = (2, *[0] * (len(BUCKETS) - 2), 1)
NONE = tuple([0] * len(BUCKETS))


async def counted(store: JobStore, queue: str, type_: str = "t", **figures: int) -> None:
    await store.count(Minute(at=NOON, **(figures or {"succeeded": 1})), queue=queue, type=type_)


async def by_lane(store: JobStore) -> dict[tuple[str, str], LaneTotals]:
    return {(one.queue, one.type): one for one in await store.totals()}


async def test_before_anything_has_ended_there_are_none(store: JobStore):
    assert await store.totals() == []


async def test_what_ends_adds_up_for_each_lane(store: JobStore):
    minute = Minute(at=NOON, succeeded=2, failed=1, wait=WAIT, run=NONE, waited=1.25, ran=0.000_001)
    for _ in range(2):
        await store.count(minute, queue="post", type="a:b")
    await counted(store, "parcels", retried=3)
    assert await store.totals() == [
        LaneTotals(queue="parcels", type="t", retried=3, wait=NONE, run=NONE),
        LaneTotals(
            queue="post", type="a:b", succeeded=4, failed=2, wait=tuple(2 * n for n in WAIT), run=NONE,
            waited=2.5, ran=0.000_002,
        ),
    ]  # fmt: skip


async def test_seconds_are_of_totals_alone(store: JobStore):
    """A minute's hash is kept 1,500 times over."""
    await store.count(Minute(at=NOON, succeeded=1, waited=1.0, ran=1.0), queue="post", type="a")
    now = store.clock.now()
    [found, *_] = [one for one in await store.minutes(since=now, until=now) if one.succeeded]
    assert (found.waited, found.ran) == (0.0, 0.0)


async def test_a_census_says_what_it_did_not_count(store: JobStore):
    await store.add([job(queue=queue, type=kind) for queue in ("a", "b") for kind in ("x", "y", "x")])
    lanes, more = await store.census(most=3)
    assert [(lane.queue, lane.type, lane.counts[JobState.QUEUED]) for lane in lanes] == [
        ("a", "x", 2),
        ("a", "y", 1),
        ("b", "x", 2),
    ]
    assert more == 1
    assert (await store.census(most=4))[1] == 0
