"""Whatever happens to jobs, and in whatever order, the store does what the model does.

Workers die and write late, messages come twice and out of order, answers are lost, operators act at any moment, and
Redis is emptied. ``HYPOTHESIS_PROFILE=long`` looks for longer.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from fakeredis import FakeServer
from fakeredis.aioredis import FakeRedis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis.asyncio import Redis

from queueing.adapters.redis import RedisStore
from queueing.adapters.redis.embedded import embedded_store
from queueing.adapters.redis.packing import unique_name
from queueing.domain.job import JobRef, JobSpec
from queueing.domain.ports import Buried, Park, Report, Run, Settlement, Stale, Verdict
from queueing.domain.states import FINISHED, JobState
from queueing.errors import StoreUnavailable
from tests.contracts.brokers import fresh_prefix
from tests.contracts.shifted import movable_clock, move_clock
from tests.contracts.store_model import Letter, Model, Worker
from tests.contracts.stores import alive, job, message, take_away

T = TypeVar("T")
S = JobState

UNIT = 600
"""Seconds. Long beside the run of an example, so that what is due is never a close call."""
SLACK = 7
"""More than a unit of retention may be rounded up by."""
QUEUES = ("post", "parcels")
WORKERS = ("ada", "bob")
KEYS = ("red", "blue")
OUTCOMES = (S.SUCCEEDED, S.RETRYING, S.FAILED, S.CANCELLED, S.QUEUED)

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
EXAMPLES, STEPS = (500, 60) if LONG else (20, 40)

templates = st.builds(
    dict,
    delay=st.sampled_from((0, 0, 1, 2)),
    expires=st.sampled_from((None, None, 1, 2)),
    unique_key=st.sampled_from((None, *KEYS)),
    unique_for=st.booleans(),
    max_attempts=st.sampled_from((1, 2, 3)),
    keep=st.sampled_from((0, 1)),
)
ids = st.integers(0, 4).map("job-{}".format)
workers = st.sampled_from(WORKERS)
some = st.integers(0, 1_000)
"""Which of the things that there are: taken modulo how many."""
few = st.sampled_from((0, 0, 0, 0, 1, 2, 3, 5))
"""The last one, or an older one."""


@dataclass
class Attempt:
    """What a worker that got a job knows of it. It is kept, and used late."""

    letter: Letter
    worker: str
    token: str
    acked: bool = False


class Lost(StoreUnavailable):
    """The call was carried out and its answer lost."""


class StoreMachine(RuleBasedStateMachine):
    open_store: Callable[[str], RedisStore]
    open_client: Callable[[], Redis]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.prefix = fresh_prefix()
        self.base = f"{{{self.prefix}}}:"
        self.client = type(self).open_client()
        self.stores = {worker: type(self).open_store(self.prefix) for worker in WORKERS}
        self.store = self.stores["ada"]
        self.model = Model(workers={worker: Worker() for worker in WORKERS})
        self.broker: list[Letter] = []
        self.attempts: list[Attempt] = []
        self.specs: dict[str, JobSpec] = {}
        self.delays: dict[str, int] = {}
        self.moves = 0
        self.seen: dict[str, tuple[int, int]] = {}
        """Epoch and version of each record when it was last looked at."""

    def do(self, work: Awaitable[T]) -> T:
        async def run() -> T:
            return await work

        return self.runner.run(run())

    def teardown(self) -> None:
        self.do(take_away(self.client, self.prefix))
        for store in self.stores.values():
            self.do(store.close())
        self.do(self.client.aclose())
        self.runner.close()

    @initialize(drawn=st.lists(templates, min_size=5, max_size=5))
    def draw_jobs(self, drawn: list[dict[str, Any]]) -> None:
        self.do(self.client.set(f"{self.base}ahead", 0))
        for number, found in enumerate(drawn):
            job_id = f"job-{number}"
            expires, key = found["expires"], found["unique_key"]
            self.specs[job_id] = job(
                id=job_id,
                queue=QUEUES[number % 2],
                delay=float(found["delay"] * UNIT) or None,
                expires_at=datetime.now(UTC) + timedelta(seconds=expires * UNIT) if expires else None,
                unique_key=key,
                unique_for=float(UNIT) if key and found["unique_for"] else None,
                max_attempts=found["max_attempts"],
                retention=float(found["keep"] * UNIT),
            )
            self.delays[job_id] = found["delay"]
            self.model.keep[job_id] = found["keep"]
            if expires:
                self.model.expires[job_id] = expires
        for worker in WORKERS:
            self.revive(worker)

    # Producers and the outbox

    # Each rule first makes what it needs: Hypothesis leaves rules out at random, and nothing would happen otherwise.

    @rule(job_id=ids, again=st.booleans())
    def add(self, job_id: str, again: bool) -> None:
        expected, existing = self.model.add(self.specs[job_id], self.delays[job_id])
        [answer] = self.do(self.store.add([self.specs[job_id]]))
        assert answer.ref == JobRef(expected.spec.id, expected.epoch)
        assert answer.state is expected.state
        assert answer.existing is existing
        if again:
            [repeated] = self.do(self.store.add([self.specs[job_id]]))
            assert (repeated.ref, repeated.existing) == (answer.ref, True)

    @rule(which=some, confirmed=st.booleans())
    def publish(self, which: int, confirmed: bool) -> None:
        """As the sender does, or later the leader; it may die before it has told the store."""
        if not self.model.outbox:
            self.add(f"job-{which % 5}", False)
        if not self.model.outbox:
            return
        job_id, epoch = sorted(self.model.outbox)[which % len(self.model.outbox)]
        ref, found = JobRef(job_id, epoch), self.model.jobs[job_id]
        [pair] = self.do(self.store.specs([ref]))
        assert (pair is None) is (found.state in (S.RUNNING, S.SUCCEEDED, S.CANCELLED))
        if pair is not None:
            spec, summary = pair
            assert spec == self.specs[job_id]
            due = found.due if found.state in (S.SCHEDULED, S.RETRYING) else 0
            self.broker.append(Letter(spec, epoch, summary.attempt, due))
        if confirmed or pair is None:
            self.do(self.store.confirm([ref]))
            self.model.outbox.discard((job_id, epoch))

    # Workers

    @rule(which=some, worker=workers, copied=st.booleans(), lost=st.sampled_from((False, False, True)))
    def deliver(self, which: int, worker: str, copied: bool, lost: bool) -> None:
        if not self.broker or which % 3 == 0:
            self.publish(which, True)
        if not self.broker:
            return
        letter = self.broker.pop(which % len(self.broker))
        if copied:
            self.broker.append(letter)
        incoming = message(letter.spec, epoch=letter.epoch, attempt=letter.attempt, not_before=self._moment(letter.due))
        old_token = self.stores[worker]._doubtful.get(incoming.ref, "")
        try:
            verdict = self._claim(worker, incoming, lost)
        except Lost:
            if self.model.claim(letter, worker, old_token) == "run":
                self.model.jobs[letter.spec.id].token = self._token(letter.spec.id)
            self.broker.append(letter)
            return
        token = verdict.token if isinstance(verdict, Run) else old_token
        expected = self.model.claim(letter, worker, token)
        assert _name(verdict) == expected
        if isinstance(verdict, Run):
            found = self.model.jobs[letter.spec.id]
            assert (verdict.attempt, verdict.cancel_requested) == (found.attempts, found.cancelling)
            self.attempts.append(Attempt(letter, worker, token))
        elif isinstance(verdict, Park):
            due = self.model.jobs[letter.spec.id].due if expected == "early" else 0
            self.broker.append(Letter(letter.spec, letter.epoch, letter.attempt, due))

    def _claim(self, worker: str, incoming: Any, lost: bool) -> Verdict:
        store = self.stores[worker]
        run = store._connection.run

        async def carried_out(name: str, args: Any) -> Any:
            answer = await run(name, args)
            if name == "claim" and answer[0][0] != b"missing":
                raise Lost("the answer was lost")
            return answer

        if lost:
            store._connection.run = carried_out  # type: ignore[method-assign]
        try:
            [verdict] = self.do(store.claim([incoming], worker=worker))
        finally:
            store._connection.run = run  # type: ignore[method-assign]
        return verdict

    @rule(which=few, outcome=st.sampled_from(OUTCOMES), delay=st.sampled_from((0, 1)), twice=st.booleans())
    def settle(self, which: int, outcome: JobState, delay: int, twice: bool) -> None:
        if which == 0 or not self.attempts:
            self.deliver(which, "ada", False, False)
        if not self.attempts:
            return
        attempt = self.attempts[-1 - which % len(self.attempts)]
        delay = delay if outcome is S.RETRYING else 0
        ref = JobRef(attempt.letter.spec.id, attempt.letter.epoch)
        settlement = Settlement(ref=ref, token=attempt.token, outcome=outcome, delay=float(delay * UNIT))
        expected = self.model.settle(ref.id, attempt.token, outcome, delay)
        [settled] = self.do(self.stores[attempt.worker].settle([settlement]))
        assert (settled is not None) is expected
        if settled is not None:
            assert settled.ref == JobRef(ref.id, self.model.jobs[ref.id].epoch)
        if twice:
            assert self.do(self.stores[attempt.worker].settle([settlement])) == [settled]
        attempt.acked = True

    @precondition(lambda self: self.attempts)
    @rule(which=few)
    def report(self, which: int) -> None:
        attempt = self.attempts[-1 - which % len(self.attempts)]
        found = self.model.jobs.get(attempt.letter.spec.id)
        own = found is not None and found.state is S.RUNNING and found.token == attempt.token
        if own:
            self.model.touched.add(attempt.letter.spec.id)
        news = Report(ref=JobRef(attempt.letter.spec.id, attempt.letter.epoch), token=attempt.token)
        [cancelled] = self.do(self.stores[attempt.worker].report([news]))
        assert cancelled is (own and found is not None and found.cancelling)

    @rule(worker=workers)
    def die(self, worker: str) -> None:
        """Its connections break, so the broker delivers again what it had not settled."""
        self.do(self.store.forget_worker(worker))
        self.model.workers[worker].alive = False
        for attempt in self.attempts:
            if attempt.worker == worker and not attempt.acked:
                attempt.acked = True
                self.broker.append(attempt.letter)

    @rule(worker=workers)
    def revive(self, worker: str) -> None:
        found = self.model.workers[worker]
        if not found.alive:
            found.alive, found.life, found.trial = True, found.life + 1, ""
            self.do(self._new_life(worker))

    async def _new_life(self, worker: str) -> None:
        try:
            await alive(self.store, worker, ttl=1_000_000.0)
        except AssertionError:  # told that its key ran out; the next beat begins a new life
            await alive(self.store, worker, ttl=1_000_000.0)
        await asyncio.sleep(0.002)  # which begins within a millisecond, not at once

    # The leader

    @rule(chore=st.sampled_from(("promote", "expire", "recall", "rescue", "trim")))
    def lead(self, chore: str) -> None:
        getattr(self, chore)()

    def promote(self) -> None:
        assert self.do(self.store.promote(limit=100)) == self.model.promote()

    def expire(self) -> None:
        refs = self.do(self.store.expire(limit=100))
        assert {(ref.id, ref.epoch) for ref in refs} == self.model.expire()

    def recall(self) -> None:
        refs = self.do(self.store.recall(limit=100))
        assert {(ref.id, ref.epoch) for ref in refs} == self.model.recall()

    def rescue(self) -> None:
        refs = self.do(self.store.rescue(older_than=0, limit=100))
        assert {(ref.id, ref.epoch) for ref in refs} == self.model.rescue()

    def trim(self) -> None:
        self.do(self.store.trim(limit=100))
        self.model.trim()

    # Operators

    @rule(which=some, act=st.sampled_from(("replay", "cancel", "hasten", "discard")))
    def operate(self, which: int, act: str) -> None:
        known = sorted(self.model.jobs) or ["job-0"]
        job_id = known[which % len(known)]
        expected = getattr(self.model, act)(job_id)
        by = {} if act == "discard" else {"by": "mira"}
        [changed] = self.do(getattr(self.store, act)([job_id], **by))
        assert changed.done is expected
        if act != "discard" and (found := self.model.jobs.get(job_id)) is not None:
            assert (changed.ref, changed.state) == (JobRef(job_id, found.epoch), found.state)

    @rule(queue=st.sampled_from(QUEUES), paused=st.sampled_from((True, False, False)))
    def pause(self, queue: str, paused: bool) -> None:
        self.do(self.store.pause(queue, paused=paused, by="mira"))
        (self.model.paused.add if paused else self.model.paused.discard)(queue)
        flags = {flag.name: flag.paused for flag in self.do(self.store.queues())}
        assert flags[queue] is paused

    # The world

    @rule(units=st.sampled_from((1, 1, 2)))
    def time_passes(self, units: int) -> None:
        self.model.now += units
        self.model.returned.clear()
        self.moves += 1
        by = units * UNIT + SLACK
        ahead = self.model.now * UNIT + self.moves * SLACK
        self.do(move_clock(self.client, self.base, ahead=ahead, by=by))

    @precondition(lambda self: len(self.model.jobs) > 2)
    @rule(sure=st.integers(0, 5))
    def redis_is_emptied(self, sure: int) -> None:
        if sure:
            return
        ahead = self.do(self.client.get(f"{self.base}ahead"))
        self.do(take_away(self.client, self.prefix))
        self.do(self.client.set(f"{self.base}ahead", ahead))
        self.model.flush()
        self.seen.clear()

    def _moment(self, unit: int) -> datetime | None:
        """A little after the unit begins by the store's clock, as it is for what was delayed in an earlier one."""
        return datetime.now(UTC) + timedelta(seconds=unit * UNIT + self.moves * SLACK) if unit else None

    def _token(self, job_id: str) -> str:
        return (self.do(self.client.hget(f"{self.base}job:{job_id}", "k")) or b"").decode()

    # What must hold

    @invariant()
    def the_store_is_as_the_model(self) -> None:
        ids = sorted(self.model.jobs)
        lanes = [(queue, state) for queue in QUEUES for state in S]
        pipe = self.client.pipeline(transaction=False)
        for queue, state in lanes:
            pipe.zrange(f"{self.base}lane:{queue}:send_letter:{state}", 0, -1)
        pipe.zrange(f"{self.base}outbox", 0, -1)
        pipe.zrange(f"{self.base}expiries", 0, -1)
        for key in KEYS:
            pipe.get(f"{self.base}uniq:{unique_name(key)}")
        for job_id in ids:
            pipe.hmget(f"{self.base}job:{job_id}", "s", "e", "v", "a", "w", "k")
        answers = self.do(pipe.execute())
        self._each_record_is_in_its_lane_alone(dict(zip(lanes, answers, strict=False)))
        outbox, expiries, *answers = answers[len(lanes) :]
        assert {job_id.decode() for job_id in expiries} == self.model.waiting_with_expiry().keys()
        owed = {f"{job_id}:{epoch}".encode() for job_id, epoch in self.model.outbox}
        assert set(outbox) == owed
        for key, holder in zip(KEYS, answers, strict=False):
            expected, until = self.model.keys.get(key, (None, None))
            free = expected is None or (until is not None and until <= self.model.now)
            assert holder == (None if free else str(expected).encode()), key
        for job_id, row in zip(ids, answers[len(KEYS) :], strict=True):
            self._record_is_right(job_id, row)
        self.model.touched.clear()
        # One that is gone begins anew when it comes back, and may have come further than that by the next look.
        self.seen = {job_id: life for job_id, life in self.seen.items() if job_id in self.model.jobs}

    def _each_record_is_in_its_lane_alone(self, lanes: dict[tuple[str, JobState], list[bytes]]) -> None:
        found = sorted((job_id.decode(), queue, state) for (queue, state), ids in lanes.items() for job_id in ids)
        assert found == sorted((job_id, job.spec.queue, job.state) for job_id, job in self.model.jobs.items())

    def _record_is_right(self, job_id: str, row: list[bytes]) -> None:
        expected = self.model.jobs[job_id]
        state, epoch, version, attempts, worker, token = (value and value.decode() for value in row)
        assert (state, int(epoch), int(attempts)) == (expected.state, expected.epoch, expected.attempts)
        if expected.state is S.RUNNING:
            assert (worker, token) == (expected.worker, expected.token)
            assert token
        last = self.seen.get(job_id)
        if last is not None and job_id not in self.model.touched:
            assert (int(epoch), int(version)) == last, "it changed, and nothing had happened to it"
        if last is not None and int(epoch) >= last[0] and int(version) < last[1]:
            assert int(version) == 1, "the version goes back only where a record begins anew"
        self.seen[job_id] = (int(epoch), int(version))

    @invariant()
    def no_job_is_lost(self) -> None:
        """Each that has not ended has a message: owed, with the broker, or held by a worker."""
        unacked = [attempt.letter for attempt in self.attempts if not attempt.acked]
        messages = {(letter.spec.id, letter.epoch) for letter in (*self.broker, *unacked)} | self.model.outbox
        for job_id, found in self.model.jobs.items():
            if found.state not in FINISHED:
                assert (job_id, found.epoch) in messages, f"{job_id} is {found.state} and nothing will run it"


def _name(verdict: Verdict) -> str:
    match verdict:
        case Run():
            return "run"
        case Stale():
            return "stale"
        case Park() | Buried():
            return verdict.reason


def _check(machine: type[StoreMachine]) -> None:
    bounds = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    with movable_clock():
        run_state_machine_as_test(machine, settings=bounds)


@pytest.mark.timeout(1800 if LONG else 120)
def test_the_store_does_what_the_model_does(redis_url: str) -> None:
    class OnRedis(StoreMachine):
        open_store = staticmethod(lambda prefix: RedisStore(redis_url, prefix=prefix))
        open_client = staticmethod(lambda: Redis.from_url(redis_url))

    _check(OnRedis)


@pytest.mark.timeout(1800 if LONG else 120)
def test_the_embedded_store_does_what_the_model_does() -> None:
    server = FakeServer()

    class Embedded(StoreMachine):
        open_store = staticmethod(lambda prefix: embedded_store(server=server, prefix=prefix))
        open_client = staticmethod(lambda: FakeRedis(server=server))

    _check(Embedded)
