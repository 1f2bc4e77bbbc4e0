"""No script makes a move that the table of states lacks."""

from __future__ import annotations

import re

import pytest
from fakeredis import FakeServer
from fakeredis.aioredis import FakeRedis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queueing.adapters.redis.embedded import embedded_store
from queueing.adapters.redis.scripts import names, script
from queueing.domain.job import JobRef, JobSpec
from queueing.domain.ports import JobStore, Run, Settlement
from queueing.domain.states import TRANSITIONS, JobState
from tests.contracts.stores import alive, in_state, index_of, job, message, state_of, status

OUTCOMES = (JobState.SUCCEEDED, JobState.RETRYING, JobState.FAILED, JobState.CANCELLED, JobState.QUEUED)
ACTS = ("claim", "claim later life", "replay", "cancel", "hasten", "promote", "rescue", "die", "revive", *OUTCOMES)


class Play:
    """One job, one worker, and all that can happen to them."""

    def __init__(self, store: JobStore, spec: JobSpec) -> None:
        self.store, self.spec, self.token = store, spec, ""

    async def act(self, name: str) -> None:
        store, spec = self.store, self.spec
        [row] = await store.summaries([spec.id])
        assert row is not None
        if name.startswith("claim"):
            epoch = row.epoch + ("later" in name)
            [verdict] = await store.claim([message(spec, epoch=epoch, attempt=row.attempt)], worker="ada")
            self.token = verdict.token if isinstance(verdict, Run) else self.token
        elif name in ("replay", "cancel", "hasten"):
            await getattr(store, name)([spec.id], by="ada")
        elif name == "promote":
            await store.promote(limit=10)
        elif name == "rescue":
            await store.rescue(older_than=0, limit=10)
        elif name == "die":
            await store.forget_worker("ada")
        elif name == "revive":
            await store.beat(status("ada"), ttl=30)
        else:
            ref = JobRef(spec.id, row.epoch)
            await store.settle([Settlement(ref=ref, token=self.token, outcome=JobState(name))])


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", JobState)
async def test_an_act_on_a_job_moves_it_along_the_table_or_not_at_all(store: JobStore, state: JobState, act: str):
    spec = await in_state(store, state)
    await Play(store, spec).act(act)
    after = await state_of(store, spec)
    assert after is state or state.may_become(after) or _two_moves_at_once(act, state, after)
    assert await index_of(store, spec) == {after: 1}


def _two_moves_at_once(act: str, before: JobState, after: JobState) -> bool:
    """A message of a later life puts the job back on its queue and starts it, in one script."""
    return act == "claim later life" and before.may_become(JobState.QUEUED) and after is JobState.RUNNING


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(ACTS), max_size=25), delayed=st.booleans(), attempts=st.integers(1, 3))
async def test_whatever_happens_the_index_counts_the_job_once_under_its_state(
    acts: list[str], delayed: bool, attempts: int
):
    store = embedded_store()
    await alive(store)
    spec = job(max_attempts=attempts, delay=3600.0 if delayed else None)
    await store.add([spec])
    play = Play(store, spec)
    epoch = 1
    for act in acts:
        before = await state_of(store, spec)
        await play.act(act)
        [row] = await store.summaries([spec.id])
        assert row is not None
        assert row.state is before or before.may_become(row.state) or _two_moves_at_once(act, before, row.state)
        assert await index_of(store, spec) == {row.state: 1}
        assert row.epoch >= epoch
        assert (row.finished_at is not None) == row.state.is_finished
        epoch = row.epoch
    await store.close()


def test_the_scripts_carry_the_table_of_moves():
    for state, others in TRANSITIONS.items():
        for other in JobState:
            carried = re.search(rf"^  {state} = {{[^}}]*\b{other} = true", script("settle").text, re.MULTILINE)
            assert bool(carried) == (other in others)


def test_only_the_shared_fragments_write_a_state():
    writes = re.compile(r"'HSET'.*\bjob:.*'s'")
    for name in names():
        own = script(name).text.partition("local function count_transitions")[2]
        found = [line for line in own.splitlines() if writes.search(line)]
        # ``create`` writes the first state of a record; every later one goes through ``become``.
        assert all("'s', state, 'v', 1" in line for line in found), (name, found)


async def test_every_key_is_under_the_prefix():
    server = FakeServer()
    store = embedded_store(server=server, prefix="mine")
    for state in JobState:
        play = Play(store, await in_state(store, state, unique_key=state, tags=("a",)))
        for act in ACTS:
            await play.act(act)
    await store.lead("ada", ttl=30)
    await store.pause("post", paused=True, by="ada")
    async with FakeRedis(server=server) as client:
        keys = await client.keys("*")
    await store.close()
    assert len(keys) > 20
    assert [key for key in keys if not key.startswith(b"{mine}:")] == []
