"""Pages of lists that nobody thought of: any walk shows a stretch of the whole."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queueing.adapters.redis.embedded import embedded_store
from queueing.domain.reading import JobFilter
from queueing.testing.contracts.paging import NINE, ids, sort_key
from tests.contracts.stores import job

moves = st.lists(st.sampled_from(["older", "newer"]), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(times=st.lists(st.integers(0, 6), max_size=40), lanes=st.integers(1, 4), limit=st.integers(1, 9), walk=moves)
async def test_any_walk_through_any_list_shows_a_stretch_of_it(
    times: list[int], lanes: int, limit: int, walk: list[str]
):
    store = embedded_store()
    specs = [
        job(run_at=NINE + timedelta(seconds=at), queue=f"queue-{number % lanes}") for number, at in enumerate(times)
    ]
    await store.add(specs)
    whole = [spec.id for spec in sorted(specs, key=sort_key, reverse=True)]
    page = await store.page(JobFilter(), cursor=None, limit=limit)
    for way in walk:
        shown = ids(page)
        start = whole.index(shown[0]) if shown else 0
        assert shown == whole[start : start + limit]
        assert (page.newer is not None) == (start > 0)
        assert (page.older is not None) == (start + len(shown) < len(whole))
        page = await store.page(JobFilter(), cursor=getattr(page, way), limit=limit)
    await store.close()
