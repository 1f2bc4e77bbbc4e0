"""Pages of lists that nobody thought of: any walk shows a stretch of the whole."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queueing.adapters.redis.embedded import embedded_store
from queueing.domain.reading import JobFilter
from queueing.domain.states import WAITING
from queueing.testing.contracts.paging import NINE, ids, sort_key
from tests.contracts.stores import job

moves = st.lists(st.sampled_from(["older", "newer"]), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    times=st.lists(st.integers(0, 6), max_size=40),
    lanes=st.sampled_from([1, 2, 4, 30]),
    limit=st.integers(1, 9),
    walk=moves,
)
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


async def test_a_page_of_many_lanes_skips_nothing_when_those_that_came_first_go_meanwhile():
    store = embedded_store()
    specs = [job(run_at=NINE + timedelta(seconds=at), queue=f"queue-{at}") for at in range(40)]
    await store.add(specs)
    newest_first = [spec.id for spec in reversed(specs)]
    look_up = store._heads

    async def while_some_are_cancelled(wanted: JobFilter, *rest):
        found = await look_up(wanted, *rest)
        await store.cancel(newest_first[:4], by="ada")
        return found

    store._heads = while_some_are_cancelled  # type: ignore[method-assign]
    page = await store.page(JobFilter(states=tuple(WAITING)), cursor=None, limit=6)
    assert ids(page) == newest_first[4:10]
    page = await store.page(JobFilter(states=tuple(WAITING)), cursor=page.older, limit=6)
    assert ids(page) == newest_first[10:16]
    await store.close()


async def test_a_page_of_many_lanes_that_is_larger_than_one_merge_is_in_order():
    store = embedded_store()
    specs = [job(run_at=NINE + timedelta(seconds=at // 3), queue=f"queue-{at % 80}") for at in range(400)]
    await store.add(specs)
    whole = [spec.id for spec in sorted(specs, key=sort_key, reverse=True)]
    page = await store.page(JobFilter(), cursor=None, limit=150)
    assert ids(page) == whole[:150]
    page = await store.page(JobFilter(), cursor=page.older, limit=150)
    assert (ids(page), page.newer is not None) == (whole[150:300], True)
    page = await store.page(JobFilter(), cursor=page.older, limit=150)
    assert (ids(page), page.older) == (whole[300:], None)
    assert ids(await store.page(JobFilter(), cursor=page.newer, limit=150)) == whole[150:300]
    await store.close()
