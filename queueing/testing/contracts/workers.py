"""What heartbeats promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from queueing.domain.ports import Command, JobStore
from queueing.domain.reading import RunningJob
from queueing.testing.contracts.jobs import NOON, alive, status
from queueing.testing.eventually import eventually


async def test_the_first_beat_of_an_id_is_known_and_tells_the_time(store: JobStore):
    beat = await store.beat(status(), ttl=30)
    assert beat.known
    assert abs(beat.now - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_worker_is_shown_as_it_described_itself(store: JobStore):
    busy = (RunningJob(id="1", type="a", queue="post", started_at=NOON),)
    beat = await store.beat(status(running=busy, state="quiet"), ttl=30)
    assert await store.workers() == [status(running=busy, state="quiet", beat_at=beat.now)]


async def test_the_leader_is_marked(store: JobStore):
    for worker in ("bob", "ada"):
        await alive(store, worker)
    await store.lead("bob", ttl=30)
    assert [(worker.id, worker.leader) for worker in await store.workers()] == [("ada", False), ("bob", True)]


async def test_a_worker_whose_key_ran_out_is_told_so(store: JobStore):
    await alive(store, ttl=0.05)

    async def gone() -> bool:
        return [worker.state for worker in await store.workers()] == ["gone"]

    await eventually(gone)
    assert not (await store.beat(status(), ttl=30)).known
    assert (await store.beat(status(), ttl=30)).known


async def test_a_worker_that_keeps_beating_stays_known(store: JobStore):
    for _ in range(3):
        await alive(store, ttl=30)
    assert [worker.state for worker in await store.workers()] == ["running"]


async def test_a_worker_that_went_without_a_word_is_shown_as_gone(store: JobStore):
    await alive(store)
    await store.forget_worker("ada")
    [ghost] = await store.workers()
    assert (ghost.id, ghost.state, ghost.running) == ("ada", "gone", ())


async def test_a_worker_that_said_goodbye_is_not_shown(store: JobStore):
    await store.beat(status(state="stopping"), ttl=30)
    await store.forget_worker("ada")
    assert await store.workers() == []


async def test_forgetting_an_unknown_worker_is_fine(store: JobStore):
    await store.forget_worker("nobody")
    assert await store.workers() == []


@pytest.mark.parametrize("count", [0, 3])
async def test_all_workers_are_listed_by_id(store: JobStore, count: int):
    names = [f"worker-{number}" for number in range(count)]
    for name in reversed(names):
        await alive(store, name)
    assert [worker.id for worker in await store.workers()] == names


async def test_a_beat_tells_which_of_the_workers_queues_are_paused(store: JobStore):
    await store.pause("post", paused=True, by="mira")
    await store.pause("elsewhere", paused=True, by="mira")
    ours = status(queues=("post", "parcels"))
    assert (await store.beat(ours, ttl=30)).paused == {"post"}
    await store.pause("parcels", paused=True, by="mira")
    await store.command("ada", Command(kind="quiet"))
    both = await store.beat(ours, ttl=30)
    assert both.paused == {"post", "parcels"} and both.commands == (Command(kind="quiet"),)
    await store.pause("post", paused=False, by="mira")
    assert (await store.beat(ours, ttl=30)).paused == {"parcels"}


async def test_a_dump_is_kept_for_a_while(store: JobStore):
    assert await store.dump("ada") is None
    await store.keep_dump("ada", "task reporter\n  café", ttl=1)
    assert await store.dump("ada") == "task reporter\n  café"

    async def gone() -> bool:
        return await store.dump("ada") is None

    await eventually(gone)
