"""What a claim does when its answer is lost on the way from Redis, and how often a copy comes back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from queueing.adapters.redis import running as running_jobs
from queueing.domain.ports import JobStore, Park, Run
from queueing.domain.states import JobState
from tests.contracts.conftest import MakeStore
from tests.contracts.stores import (
    added,
    alive,
    claimed,
    ending,
    message,
    record,
    running,
    settled,
    state_of,
)
from tests.eventually import eventually


async def test_the_copy_of_an_old_job_comes_back_less_often(store: JobStore, monkeypatch: pytest.MonkeyPatch):
    """A tenth of the job's age, as far as a test can wait for it; five seconds at least."""
    monkeypatch.setattr(running_jobs, "RECHECK", 0.01)
    spec, run = await running(store)

    async def later() -> bool:
        [verdict] = await store.claim([message(spec)], worker="bob")
        assert isinstance(verdict, Park)
        age = (datetime.now(UTC) - run.started_at).total_seconds()
        assert verdict.delay <= max(0.02, age / 10 + 0.01)
        return verdict.delay >= 0.05

    await eventually(later)


async def test_a_claim_whose_answer_was_lost_is_answered_again_to_the_same_process(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
):
    store, other = make_store(), make_store()
    await alive(store)
    await alive(store, "bob")
    spec = await added(store)
    with monkeypatch.context() as patch:
        _lose_answers(store, patch)
        with pytest.raises(ConnectionError):
            await store.claim([message(spec)], worker="ada")
    assert await state_of(store, spec) is JobState.RUNNING
    [held] = await other.claim([message(spec)], worker="bob")
    assert isinstance(held, Park)
    first, copy = await store.claim([message(spec), message(spec)], worker="ada")
    assert isinstance(first, Run)
    assert first.attempt == 1
    assert isinstance(copy, Park)
    await settled(store, ending(spec, first))


async def test_a_claim_of_an_earlier_life_of_the_process_is_not_answered_again(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
):
    store = make_store()
    await alive(store, "first life")
    spec = await added(store)
    with monkeypatch.context() as patch:
        _lose_answers(store, patch)
        with pytest.raises(ConnectionError):
            await store.claim([message(spec)], worker="first life")
    await store.forget_worker("first life")
    await alive(store, "second life")
    run = await claimed(store, spec, worker="second life")
    found = await record(store, spec)
    assert (run.attempt, found.worker) == (2, "second life")


def _lose_answers(store: JobStore, patch: pytest.MonkeyPatch) -> None:
    """What the store asks is done, and the answer never arrives."""
    connection = store._connection
    run = connection.run

    async def run_and_lose(*args):
        await run(*args)
        raise ConnectionError("cut")

    patch.setattr(connection, "run", run_and_lose)
