"""What the read side promises, paging and notifications apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from queueing.domain.ports import JobStore
from queueing.domain.reading import BUCKETS, Minute
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import NOON, added, in_state, record, running

HISTOGRAM = (0,) * len(BUCKETS)


async def test_an_unknown_job_is_none(store: JobStore):
    assert await store.get("nobody") is None
    assert await store.summaries(["nobody", ""]) == [None, None]


async def test_summaries_come_in_the_order_asked_for(store: JobStore):
    specs = [await added(store) for _ in range(3)]
    asked = [specs[2].id, "nobody", specs[0].id]
    assert [row and row.id for row in await store.summaries(asked)] == [specs[2].id, None, specs[0].id]


async def test_a_summary_agrees_with_the_record(store: JobStore):
    spec, _ = await running(store, tags=("red", "blue"), max_attempts=9)
    [row] = await store.summaries([spec.id])
    found = await record(store, spec)
    assert row is not None
    for field in (
        "id",
        "queue",
        "type",
        "state",
        "epoch",
        "version",
        "attempt",
        "max_attempts",
        "due_at",
        "worker",
        "tags",
    ):
        assert getattr(row, field) == getattr(found, field), field
    assert abs(row.created_at - spec.created_at) < timedelta(milliseconds=1)


async def test_a_record_has_all_tags_where_a_summary_has_the_first(store: JobStore):
    tags = tuple(f"{number:02}" + "t" * 18 for number in range(8))
    spec = await added(store, tags=tags)
    [row] = await store.summaries([spec.id])
    assert row is not None
    assert row.tags == tags[:3]
    assert (await record(store, spec)).tags == tags


async def test_lanes_count_every_state_and_remember_the_empty_ones(store: JobStore):
    for state in JobState:
        await in_state(store, state)
    gone = await in_state(store, JobState.FAILED, type="rare:type")
    await store.discard([gone.id])
    common, rare = sorted(await store.lanes(), key=lambda lane: lane.type == "rare:type")
    assert (common.queue, common.type) == ("post", "send_letter")
    assert common.counts == dict.fromkeys(JobState, 1)
    assert (rare.type, rare.counts) == ("rare:type", dict.fromkeys(JobState, 0))


async def test_the_oldest_is_told_per_queue(store: JobStore):
    first = await added(store)
    await added(store, type="other")
    await added(store, queue="parcels", delay=60.0)
    found = await store.oldest(JobState.QUEUED, ["post", "parcels", "nowhere"])
    assert found == {"post": (await record(store, first)).due_at}
    assert await store.oldest(JobState.QUEUED, []) == {}


async def test_minutes_add_up_over_lanes_and_are_told_for_one(store: JobStore):
    wait = (3, *HISTOGRAM[1:])
    one = Minute(at=datetime.now(UTC), succeeded=3, failed=1, wait=wait, run=HISTOGRAM)
    await store.count(one, queue="post", type="a")
    await store.count(Minute(at=one.at, succeeded=2, retried=4), queue="post", type="b:c")
    await store.count(one, queue="parcels", type="a")
    until = datetime.now(UTC) + timedelta(minutes=1)
    since = until - timedelta(minutes=3)

    async def sums(**only: str) -> tuple[int, int, int, int]:
        minutes = await store.minutes(since=since, until=until, **only)
        return (
            sum(minute.succeeded for minute in minutes),
            sum(minute.failed for minute in minutes),
            sum(minute.retried for minute in minutes),
            sum(minute.wait[0] for minute in minutes),
        )

    assert await sums() == (8, 2, 4, 6)
    assert await sums(queue="post") == (5, 1, 4, 3)
    assert await sums(type="a") == (6, 2, 0, 6)
    assert await sums(queue="post", type="b:c") == (2, 0, 4, 0)
    assert await sums(queue="nowhere") == (0, 0, 0, 0)


async def test_there_is_an_entry_for_every_minute_oldest_first(store: JobStore):
    since = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)
    minutes = await store.minutes(since=since, until=since + timedelta(minutes=4))
    assert [minute.at.minute for minute in minutes] == [0, 1, 2, 3, 4]
    assert all(minute.wait == HISTOGRAM == minute.run for minute in minutes)
    assert all(minute.succeeded == minute.failed == minute.retried == 0 for minute in minutes)


async def test_health_says_what_it_is_and_how_quick(store: JobStore):
    health = await store.health()
    assert health.ok
    assert health.name
    assert health.version
    assert health.latency is not None


@pytest.mark.parametrize("step", [10, 60])
async def test_minutes_are_summed_up_for_longer_times(store: JobStore, step: int):
    for queue in ("a", "b"):
        await store.count(Minute(at=NOON, succeeded=2, wait=HISTOGRAM), queue=queue, type="t")
    until = datetime.now(UTC)
    found = await store.minutes(since=until - timedelta(minutes=3 * step), until=until, step=step)
    assert len(found) == 4
    assert [one.at.minute % step for one in found] == [0] * 4
    assert {one.minutes for one in found} == {step}
    assert sum(one.succeeded for one in found) == 4
    assert sum(one.wait[-1] for one in found) == 2 * HISTOGRAM[-1]


async def test_sums_are_of_all_queues_and_types(store: JobStore):
    with pytest.raises(ValueError, match="of all queues"):
        await store.minutes(since=NOON, until=NOON, step=10, queue="a")
