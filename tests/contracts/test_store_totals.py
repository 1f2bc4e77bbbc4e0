"""No more lanes have totals of their own than somebody wants to keep."""

from __future__ import annotations

from unittest.mock import patch

from queueing.adapters.redis import metrics
from queueing.domain.figures import OTHER
from queueing.domain.ports import JobStore
from queueing.testing.contracts.totals import by_lane, counted


async def test_lanes_beyond_the_bound_share_one_entry_and_stay_in_it(store: JobStore):
    with patch.object(metrics, "OWN_LANES", 2):
        for queue in ("a", "b", "c", "d", "a", "c"):
            await counted(store, queue)
        found = await by_lane(store)
    assert {lane: one.succeeded for lane, one in found.items()} == {("a", "t"): 2, ("b", "t"): 1, (OTHER, OTHER): 3}


async def test_a_lane_that_was_idle_for_long_makes_room(store: JobStore):
    with patch.object(metrics, "OWN_LANES", 1):
        await counted(store, "a")
        await counted(store, "b")
        with patch.object(metrics, "IDLE", -1.0):
            await counted(store, "c")
        found = await by_lane(store)
    assert {lane: one.succeeded for lane, one in found.items()} == {("c", "t"): 1, (OTHER, OTHER): 1}
