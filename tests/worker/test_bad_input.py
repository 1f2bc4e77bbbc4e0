"""What goes wrong with jobs and messages, by name: each fails with a reason, none stays, and the worker goes on."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queueing import JobOptions, JobState, Retry
from queueing.domain.ports import Outgoing
from queueing.errors import InvalidJob, InvalidName
from tests.eventually import eventually
from tests.worker.engines import QUEUE, Engine


def raw(body: bytes, **headers: Any) -> Outgoing:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Outgoing(queue=QUEUE, type="", body=body, headers=named, message_id=str(uuid.uuid4()), raw=True)


async def ended(engine: Engine, sent: Outgoing, job_id: str | None = None) -> Any:
    """Its record, once it has ended; the worker still works, and the queue is empty."""
    engine.handle("touch", lambda: "touched")
    async with engine.working():
        assert await engine.cluster.broker.publish([sent]) == [None]
        job = await engine.becomes(job_id or sent.message_id, JobState.SUCCEEDED, JobState.FAILED)
        await engine.becomes(await engine.add("touch"), JobState.SUCCEEDED)

        async def empty() -> bool:
            depth = await engine.cluster.broker.depth(QUEUE)
            return (depth.ready, await engine.cluster.store.outbox_size()) == (0, 0)

        await eventually(empty)
    return job


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"type":"touch","id":".."}', "cannot be an id"),
        (b'{"type":"touch","id":"a/../b"}', "cannot be an id"),
        (b'{"type":"touch","id":"a\\u0000"}', "cannot be an id"),
        (b'{"type":"touch","payload":NaN}', "malformed"),
        (b'{"type":"touch","payload":' + b"[" * 150 + b"]" * 150 + b"}", "deeper than 100 levels"),
        (b'{"type":"touch","payload":"' + b"x" * (15 * 1024 * 1024) + b'"}', "the limit is 15,728,640"),
        (b'{"type":"touch","payload":"\xff"}', "not a job"),
        (b'{"type":"touch","options":{"meta":{"big":' + b"9" * 30 + b"}}}", "meta is not JSON"),
        (b'{"type":"touch","options":{"max_attempts":true}}', "max_attempts"),
        (b'{"type":"touch","options":{"tags":["' + b"x" * 1000 + b'"]}}', "cannot be a tag"),
        (b'{"type":"touch","options":{"run_at":"tomorrow"}}', "run_at"),
    ],
)
async def test_a_message_that_cannot_be_a_job_fails_and_says_why(engine: Engine, body: bytes, said: str) -> None:
    job = await ended(engine, raw(body))
    assert (job.state, job.error_kind) == (JobState.FAILED, "Malformed")
    assert said in job.error.message


async def test_the_headers_of_a_message_that_is_no_job_are_kept_with_it(engine: Engine) -> None:
    job = await ended(engine, raw(b"\x1f\x8b", trace="a1"))
    assert job.error.headers["trace"] == "a1"


@pytest.mark.parametrize("header", ["leveret_epoch", "leveret_attempt"])
async def test_a_count_that_no_record_can_hold_is_taken_for_none(engine: Engine, header: str) -> None:
    job = await ended(engine, raw(b'{"type":"touch"}', **{header: 2**52}))
    assert (job.state, job.epoch, job.attempt) == (JobState.SUCCEEDED, 1, 1)


async def test_a_number_of_many_digits_fails_where_it_cannot_be_read(engine: Engine) -> None:
    engine.handle("keep", lambda payload: payload)
    job = await ended(engine, raw(b'{"type":"keep","payload":' + b"7" * 5000 + b"}"))
    assert (job.state, job.error_kind) == (JobState.FAILED, "InvalidPayload")


async def test_an_integer_over_64_bits_arrives_as_it_is(engine: Engine) -> None:
    engine.handle("keep", lambda payload: payload)
    job = await engine.done("keep", 2**200)
    assert job.result == str(2**200).encode()


async def test_a_foreign_message_may_say_when_it_wants_to_start(engine: Engine) -> None:
    engine.handle("touch", lambda: "touched")
    soon = datetime.now(UTC) + timedelta(seconds=1)
    at, after = (
        raw(b'{"type":"touch","options":%s}' % options)
        for options in (b'{"run_at":"%s"}' % soon.isoformat().encode(), b'{"delay":1}')
    )
    async with engine.working():
        await engine.cluster.broker.publish([at, after])
        for sent in (at, after):
            job = await engine.becomes(sent.message_id, JobState.SUCCEEDED)
            assert job.started_at is not None
            assert job.started_at >= soon - timedelta(milliseconds=5)


@dataclass
class Order:
    number: int
    address: dict[str, str]


async def test_a_job_from_before_a_deploy_fails_with_the_place_and_runs_after_a_fix(engine: Engine) -> None:
    sent = raw(b'{"type":"ship","payload":{"number":"7","address":{"city":"Oslo"}}}')

    def ship(order: Order) -> int:
        return order.number

    engine.handle("ship", ship)
    job = await ended(engine, sent)
    assert (job.state, job.error_kind) == (JobState.FAILED, "InvalidPayload")
    assert "Expected `int`, got `str` - at `$.number`" in job.error.message

    def ship_any(payload: dict[str, Any]) -> str:
        return str(payload["number"])

    engine.registry._types.pop("ship")
    engine.handle("ship", ship_any)
    async with engine.working():
        await engine.cluster.operations.retry([job.id], by="mira")
        again = await engine.becomes(job.id, JobState.SUCCEEDED)
    assert again.result == b'"7"'


@dataclass
class Picky:
    number: int

    def __post_init__(self) -> None:
        raise KeyError(self.number)


async def test_a_payload_type_that_raises_anything_fails_the_job_only(engine: Engine) -> None:
    def handler(picky: Picky) -> None: ...

    engine.handle("picky", handler)
    job = await ended(engine, raw(b'{"type":"picky","payload":{"number":7}}'))
    assert (job.state, job.error_kind) == (JobState.FAILED, "InvalidPayload")
    assert "KeyError: 7" in job.error.message


@pytest.mark.parametrize("after", ["soon", True, -1, float("nan"), timedelta(days=-1), object()])
async def test_an_impossible_wish_for_a_retry_is_the_handlers_error(engine: Engine, after: Any) -> None:
    def handler() -> None:
        raise Retry("later", after=after)

    engine.handle("wishes", handler)
    job = await engine.done("wishes", None, JobOptions(max_attempts=1))
    assert (job.state, job.error_kind) == (JobState.FAILED, "InvalidOptions")
    assert "Retry(after=…) takes seconds or a timedelta" in job.error.message
    assert job.error.frames[0].function == "handler"


@pytest.mark.parametrize(
    "wrong",
    [
        {"queue": ""},
        {"type_": ""},
        {"job_id": ""},
        {"job_id": ".."},
        {"job_id": "a/./b"},
        {"created_by": "x" * 300},
        {"origin": "x" * 300},
    ],
)
async def test_names_that_cannot_be_are_refused_at_add(engine: Engine, wrong: dict[str, Any]) -> None:
    given = {"queue": QUEUE, "type_": "touch"} | wrong
    with pytest.raises(InvalidName):
        await engine.cluster.producer.add(given.pop("queue"), given.pop("type_"), None, **given)


async def test_two_jobs_of_one_id_in_one_breath_are_one(engine: Engine) -> None:
    engine.handle("touch", lambda: "touched")
    producer = engine.cluster.producer
    specs = [producer.spec(QUEUE, "touch", None, job_id="order-7") for _ in range(2)]
    first, second = await engine.cluster.store.add(specs)
    assert (first.existing, second.existing) == (False, True)
    assert await producer.add(QUEUE, "touch", None, job_id="order-7") == "order-7"


async def test_a_refused_payload_among_many_stores_none_of_its_chunk(engine: Engine) -> None:
    with pytest.raises(InvalidJob, match=r"nan at \$\.n"):
        await engine.cluster.producer.add_many(QUEUE, "touch", [{"n": 1}, {"n": float("nan")}])
    assert sum((await engine.cluster.inspector.counts()).values()) == 0


@pytest.mark.parametrize("name", ["send:mail", "../mail", "mail/new", "ünï", "a?b#c%20", "{x}", "*", "a'b\"c"])
async def test_a_type_of_any_printable_characters_runs(engine: Engine, name: str) -> None:
    engine.handle(name, lambda: "ran")
    job = await engine.done(name)
    assert (job.type, job.state) == (name, JobState.SUCCEEDED)
    assert {(lane.queue, lane.type) for lane in await engine.cluster.store.lanes()} == {(QUEUE, name)}
