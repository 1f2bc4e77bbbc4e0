"""What pages promise: the whole list, in order, once, whatever the filter and the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from queueing.domain.job import JobSpec, JobSummary
from queueing.domain.ports import JobStore
from queueing.domain.reading import JobFilter, Page
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import added, in_state, job

NINE = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=9)


def sort_key(spec: JobSpec) -> tuple[datetime, str]:
    assert spec.options.run_at is not None
    return spec.options.run_at, spec.id


def scheduled(count: int, *, every: float = 60.0, **options) -> list[JobSpec]:
    return [job(run_at=NINE + timedelta(seconds=every * number), **options) for number in range(count)]


def ids(page: Page) -> list[str]:
    return [row.id for row in page.rows]


async def downwards(store: JobStore, wanted: JobFilter, *, limit: int) -> list[Page]:
    pages = [await store.page(wanted, cursor=None, limit=limit)]
    while pages[-1].older:
        pages.append(await store.page(wanted, cursor=pages[-1].older, limit=limit))
    return pages


async def upwards(store: JobStore, wanted: JobFilter, last: Page, *, limit: int) -> list[Page]:
    pages = [last]
    while pages[-1].newer:
        pages.append(await store.page(wanted, cursor=pages[-1].newer, limit=limit))
    return pages


async def every_id(store: JobStore, wanted: JobFilter, *, limit: int) -> list[str]:
    found, after = await store.ids(wanted, after=None, limit=limit)
    while after:
        more, after = await store.ids(wanted, after=after, limit=limit)
        found += more
    return found


async def test_an_empty_store_has_an_empty_page(store: JobStore):
    assert await store.page(JobFilter(), cursor=None, limit=10) == Page(rows=(), newer=None, older=None)
    assert await store.ids(JobFilter(), after=None, limit=10) == ([], None)


async def test_pages_go_newest_first_and_back_again(store: JobStore):
    specs = scheduled(10)
    await store.add(specs)
    newest_first = [spec.id for spec in reversed(specs)]
    down = await downwards(store, JobFilter(), limit=4)
    assert [ids(page) for page in down] == [newest_first[:4], newest_first[4:8], newest_first[8:]]
    assert (down[0].newer, down[-1].older) == (None, None)
    up = await upwards(store, JobFilter(), down[-1], limit=4)
    assert [ids(page) for page in up] == [newest_first[8:], newest_first[4:8], newest_first[:4]]
    assert up[-1].newer is None


async def test_a_page_that_is_just_full_has_nothing_older(store: JobStore):
    await store.add(scheduled(4))
    page = await store.page(JobFilter(), cursor=None, limit=4)
    assert (len(page.rows), page.newer, page.older) == (4, None, None)


async def test_jobs_that_share_a_time_are_all_shown_once(store: JobStore):
    specs = scheduled(40, every=0.0)
    await store.add(specs)
    down = await downwards(store, JobFilter(), limit=7)
    assert [row for page in down for row in ids(page)] == sorted((spec.id for spec in specs), reverse=True)
    up = await upwards(store, JobFilter(), down[-1], limit=7)
    assert {row for page in up for row in ids(page)} == {spec.id for spec in specs}


async def test_lanes_are_merged_into_one_order(store: JobStore):
    specs = [
        job(run_at=NINE + timedelta(minutes=number), queue=f"queue-{number % 3}", type=f"type:{number % 2}")
        for number in range(24)
    ]
    await store.add(specs)
    down = await downwards(store, JobFilter(), limit=5)
    assert [row for page in down for row in ids(page)] == [spec.id for spec in reversed(specs)]
    assert await every_id(store, JobFilter(), limit=5) == [spec.id for spec in specs]


@pytest.mark.parametrize(
    "wanted",
    [
        JobFilter(queues=("queue-1",)),
        JobFilter(types=("type:0",)),
        JobFilter(queues=("queue-0", "queue-2"), types=("type:1",)),
        JobFilter(states=(JobState.SCHEDULED,), queues=("queue-1",)),
        JobFilter(queues=("nowhere",)),
        JobFilter(states=(JobState.FAILED,)),
    ],
)
async def test_filters_on_queue_type_and_state_are_exact(store: JobStore, wanted: JobFilter):
    specs = [job(run_at=NINE, queue=f"queue-{number % 3}", type=f"type:{number % 2}") for number in range(12)]
    await store.add(specs)
    expected = {
        spec.id
        for spec in specs
        if (not wanted.queues or spec.queue in wanted.queues)
        and (not wanted.types or spec.type in wanted.types)
        and (not wanted.states or JobState.SCHEDULED in wanted.states)
    }
    assert {row for page in await downwards(store, wanted, limit=3) for row in ids(page)} == expected
    assert set(await every_id(store, wanted, limit=3)) == expected


async def test_since_and_until_bound_the_time_that_matters_in_the_state(store: JobStore):
    specs = scheduled(10)
    await store.add(specs)
    wanted = JobFilter(since=NINE + timedelta(minutes=3), until=NINE + timedelta(minutes=7))
    expected = [spec.id for spec in specs[3:8]]
    down = await downwards(store, wanted, limit=2)
    assert [row for page in down for row in ids(page)] == expected[::-1]
    assert (down[0].newer, down[-1].older) == (None, None)
    up = await upwards(store, wanted, down[-1], limit=2)
    assert {row for page in up for row in ids(page)} == set(expected)
    assert await every_id(store, wanted, limit=2) == expected


async def test_new_jobs_do_not_move_an_older_page(store: JobStore):
    await store.add(scheduled(6))
    first = await store.page(JobFilter(), cursor=None, limit=3)
    before = await store.page(JobFilter(), cursor=first.older, limit=3)
    await store.add([job(run_at=NINE + timedelta(days=1)) for _ in range(5)])
    assert ids(await store.page(JobFilter(), cursor=first.older, limit=3)) == ids(before)


async def test_a_cursor_outlives_the_job_it_was_made_from(store: JobStore):
    specs = scheduled(6)
    await store.add(specs)
    first = await store.page(JobFilter(states=(JobState.SCHEDULED,)), cursor=None, limit=3)
    await store.cancel([first.rows[-1].id], by="ada")
    older = await store.page(JobFilter(states=(JobState.SCHEDULED,)), cursor=first.older, limit=3)
    assert ids(older) == [spec.id for spec in reversed(specs[:3])]


async def test_the_way_up_ends_with_a_full_first_page(store: JobStore):
    specs = scheduled(7)
    await store.add(specs[:6])
    first = await store.page(JobFilter(), cursor=None, limit=3)
    second = await store.page(JobFilter(), cursor=first.older, limit=3)
    await store.cancel([first.rows[0].id], by="ada")
    await store.add(specs[6:])
    top = await store.page(JobFilter(states=(JobState.SCHEDULED,)), cursor=second.newer, limit=3)
    assert len(top.rows) == 3
    assert top.rows[0].id == specs[6].id
    assert top.newer is None


@pytest.mark.parametrize(
    "cursor", ["", "x", "older~~", "older~nan~1", "older~1e400~1", "up~1~2", "newer~1", "older~1 2~3", "\0~\0~\0"]
)
async def test_a_cursor_that_is_none_starts_from_the_top(store: JobStore, cursor: str):
    specs = scheduled(3)
    await store.add(specs)
    assert ids(await store.page(JobFilter(), cursor=cursor, limit=2)) == [specs[2].id, specs[1].id]


async def test_asking_for_no_ids_tells_whether_there_are_any(store: JobStore):
    assert await store.ids(JobFilter(), after=None, limit=0) == ([], None)
    await added(store)
    found, after = await store.ids(JobFilter(), after=None, limit=0)
    assert found == []
    assert after is not None


async def test_a_tag_finds_its_jobs_and_no_others(store: JobStore):
    specs = [
        job(run_at=NINE + timedelta(minutes=number), tags=("even",) if number % 2 == 0 else ("odd",))
        for number in range(20)
    ]
    await store.add(specs)
    expected = [spec.id for spec in reversed(specs) if "even" in spec.options.tags]
    down = await downwards(store, JobFilter(tag="even"), limit=4)
    assert [row for page in down for row in ids(page)] == expected
    assert await every_id(store, JobFilter(tag="even"), limit=3) == expected[::-1]
    assert await every_id(store, JobFilter(tag="eve"), limit=3) == []


async def test_a_tag_that_does_not_fit_the_row_is_found_all_the_same(store: JobStore):
    long = tuple(f"{number:02}" + "t" * 28 for number in range(8))
    spec = await added(store, tags=long)
    await added(store, tags=long[:4])
    page = await store.page(JobFilter(tag=long[7]), cursor=None, limit=10)
    assert ids(page) == [spec.id]


async def test_a_rare_tag_is_found_by_going_on(store: JobStore):
    rare = job(run_at=NINE, tags=("rare",))
    await store.add([rare, *scheduled(1_600, every=1.0, tags=("common",))])
    first = await store.page(JobFilter(tag="rare"), cursor=None, limit=10, look=500)
    # It may end before it has looked at so many, when its moment is over.
    assert first.rows == () and first.older and 0 < first.looked <= 500
    pages = await downwards(store, JobFilter(tag="rare"), limit=10)
    assert [row for page in pages for row in ids(page)] == [rare.id]


async def test_rows_tell_every_state(store: JobStore):
    for state in JobState:
        await in_state(store, state)
    page = await store.page(JobFilter(), cursor=None, limit=10)
    assert {row.state for row in page.rows} == set(JobState)
    assert all(type(row) is JobSummary for row in page.rows)
