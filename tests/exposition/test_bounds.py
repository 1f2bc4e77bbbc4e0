"""However many queues and types are enqueued under: labels, series and round trips stay within their bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from unittest.mock import patch

import pytest

from queueing import monitoring
from queueing.adapters.redis.connection import Connection
from queueing.conf import ClusterConfig
from queueing.domain.figures import OTHER
from queueing.domain.registry import Registry
from queueing.domain.states import JobState
from queueing.exposition import expose
from queueing.runtime import Cluster
from tests.eventually import eventually


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    cluster = Cluster(ClusterConfig(prefix="bounds"), types=Registry())
    await cluster.open()
    yield cluster
    await cluster.close()


async def enqueue(cluster: Cluster, queues: int, types: int) -> None:
    for queue in range(queues):
        await cluster.producer.add_many(f"q{queue:03}", "t000", [{}] * 2)
        for kind in range(1, types):
            await cluster.producer.add(f"q{queue:03}", f"t{kind:03}", {})

    async def cleared() -> bool:
        return await cluster.store.outbox_size() == 0

    await eventually(cleared)  # behind the callers' backs: questions to the store that are none of a scrape's


async def test_lanes_and_queues_beyond_the_bound_are_told_together(cluster: Cluster) -> None:
    with patch.object(monitoring, "OWN_LANES", 4), patch.object(monitoring, "OWN_QUEUES", 2):
        await enqueue(cluster, queues=4, types=2)
        figures = await cluster.inspector.figures()
    assert [(lane.queue, lane.type) for lane in figures.jobs] == [
        ("q000", "t000"), ("q000", "t001"), ("q001", "t000"), ("q001", "t001"), (OTHER, OTHER),
    ]  # fmt: skip
    assert figures.jobs[-1].counts[JobState.QUEUED] == 6
    assert sum(lane.counts[JobState.QUEUED] for lane in figures.jobs) == 12
    assert [queue.name for queue in figures.queues] == ["q000", "q001", OTHER]
    other = figures.queues[-1]
    assert (other.paused, other.workers, other.ready) == (0, 0, None)
    assert other.oldest > 0


async def test_those_beyond_what_is_counted_are_known_to_exist(cluster: Cluster) -> None:
    with patch.object(monitoring, "COUNTED", 3):
        await enqueue(cluster, queues=1, types=5)
        figures = await cluster.inspector.figures()
    assert (len(figures.jobs), figures.uncounted) == (3, 2)
    assert b"leveret_lanes_uncounted 2.0" in expose(figures).body


async def test_a_scrape_takes_as_many_round_trips_for_many_queues_as_for_few(cluster: Cluster) -> None:
    async def trips() -> int:
        made, bounded = 0, Connection.bounded

        async def counted(self: Connection, answer: object) -> object:
            nonlocal made
            made += 1
            return await bounded(self, answer)  # type: ignore[arg-type]

        with patch.object(Connection, "bounded", counted):
            await cluster.inspector.figures()
        return made

    await enqueue(cluster, queues=1, types=1)
    await cluster.inspector.figures()  # loads the scripts
    few = await trips()
    await enqueue(cluster, queues=30, types=3)
    assert await trips() == few <= 20
