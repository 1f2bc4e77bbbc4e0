"""What a filter with conditions promises: all that match, in order, once; never a call without end."""

from __future__ import annotations

import json

from queueing.domain.conditions import Argument, Condition, Named, Text
from queueing.domain.job import ErrorInfo
from queueing.domain.ports import JobStore
from queueing.domain.reading import JobFilter
from queueing.domain.states import JobState
from queueing.testing.contracts.jobs import added, attempt, ending, job, running, settled
from queueing.testing.contracts.paging import downwards, every_id, ids, scheduled, upwards

EVEN = Argument(path=("even",), sign="=", value="true")


def numbered(count: int) -> list:
    specs = scheduled(count)
    return [
        job(id=spec.id, run_at=spec.options.run_at, payload=json.dumps({"n": n, "even": n % 2 == 0}).encode())
        for n, spec in enumerate(specs)
    ]


def where(*conditions: Condition) -> JobFilter:
    return JobFilter(where=conditions)


async def test_pages_hold_all_that_match_in_order_and_lead_back(store: JobStore):
    specs = numbered(30)
    await store.add(specs)
    wanted = [spec.id for spec in reversed(specs[::2])]
    down = await downwards(store, where(EVEN), limit=4)
    assert [one for page in down for one in ids(page)] == wanted
    up = await upwards(store, where(EVEN), down[-1], limit=4)
    assert [one for page in reversed(up) for one in ids(page)] == wanted
    assert await every_id(store, where(EVEN), limit=4) == list(reversed(wanted))


async def test_a_page_says_how_many_jobs_it_looked_at_and_how_far_back(store: JobStore):
    specs = numbered(30)
    await store.add(specs)
    page = await store.page(where(EVEN), cursor=None, limit=4)
    assert page.looked == 8
    assert page.reached == specs[22].options.run_at
    rest = await store.page(where(EVEN), cursor=page.older, limit=50)
    assert rest.looked == 22
    assert rest.reached == specs[0].options.run_at


async def test_a_call_looks_at_no_more_than_it_is_told(store: JobStore):
    await store.add(numbered(30))
    page = await store.page(where(Text(value="nowhere")), cursor=None, limit=5, look=10)
    assert (page.rows, page.looked) == ((), 10)
    assert page.older


async def test_what_the_record_tells_is_a_condition(store: JobStore):
    spec, run = await running(store)
    failed = ErrorInfo(kind="shop.Busy", message="421 too busy")
    await settled(store, ending(spec, run, JobState.FAILED, attempt=attempt(run, JobState.FAILED, failed)))
    await added(store)
    for condition in (Named(field="error", value="busy"), Named(field="worker", value="ada"), Text(value="TOO busy")):
        assert ids(await store.page(where(condition), cursor=None, limit=5)) == [spec.id]


async def test_conditions_hold_together_and_may_exclude(store: JobStore):
    first, second = await added(store, tags=("a", "b")), await added(store, tags=("a",))
    both = where(Named(field="tag", value="a"), Named(field="tag", value="b"))
    assert ids(await store.page(both, cursor=None, limit=5)) == [first.id]
    without = where(Named(field="tag", value="a"), Named(field="tag", value="b", excluded=True))
    assert ids(await store.page(without, cursor=None, limit=5)) == [second.id]


async def test_tags_that_a_row_has_no_room_for_count_too(store: JobStore):
    many = tuple(f"tag-number-{n}" for n in range(12))
    spec = await added(store, tags=many)
    await added(store)
    assert ids(await store.page(where(Named(field="tag", value=many[-1])), cursor=None, limit=5)) == [spec.id]
    gone = where(Named(field="tag", value=many[-1], excluded=True))
    assert spec.id not in ids(await store.page(gone, cursor=None, limit=5))


async def test_large_payloads_are_looked_at_in_several_answers(store: JobStore):
    large = [await added(store, payload=json.dumps({"n": n, "x": "x" * 900_000}).encode()) for n in range(5)]
    found = await store.page(where(Argument(path=("n",), sign=">=", value="3")), cursor=None, limit=5)
    assert ids(found) == [large[4].id, large[3].id]
    assert 0 < len(await store.samples(JobFilter(), limit=5)) < 5


async def test_samples_are_the_newest_with_their_payload(store: JobStore):
    specs = numbered(6)
    await store.add(specs)
    found = await store.samples(JobFilter(), limit=3)
    assert [(row.id, spec.payload) for row, spec in found] == [(s.id, s.payload) for s in reversed(specs[3:])]
    assert await store.samples(JobFilter(queues=("none",)), limit=3) == []
