"""Whatever is put in: a job is refused at ``add``, or it runs with what was given; a message ends, and never stays."""

from __future__ import annotations

import asyncio
import json
import math
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queueing import JobOptions, JobState
from queueing.conf import ClusterConfig
from queueing.domain.ports import Outgoing
from queueing.domain.reading import JobFilter
from queueing.errors import InvalidJob
from tests.contracts.brokers import fresh_prefix
from tests.eventually import eventually
from tests.places import own_prefix
from tests.worker.engines import QUEUE, Engine

ENDED = {JobState.SUCCEEDED, JobState.FAILED}
SLOW = [
    HealthCheck.too_slow,
    HealthCheck.function_scoped_fixture,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
]

text = st.text(st.characters(), max_size=20) | st.sampled_from(
    ["\0", "\ud800", "..", "a\nb", "ünï", "", " ", "x" * 300]
)
leaves = st.none() | st.booleans() | st.integers() | st.integers(-(2**80), 2**80) | st.floats() | text
json_like = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(text, inner), max_leaves=20)
deep = st.integers(1, 1200).map(lambda levels: _nested(levels))
payloads = json_like | deep


def _nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def same(a: Any, b: Any) -> bool:
    """Equal, and of the same types: 1, 1.0 and True are different JSON."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


def in_an_engine(work: Callable[[Engine], Any], config: ClusterConfig | None = None) -> None:
    async def run() -> None:
        engine = Engine(config or ClusterConfig(prefix=fresh_prefix()))
        await engine.cluster.open()
        try:
            await work(engine)
        finally:
            await engine.cluster.close()

    asyncio.run(run())


@settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
@given(st.lists(payloads, min_size=5, max_size=25))
def test_any_payload_arrives_as_it_was_given_or_is_refused(given_payloads: list[Any]) -> None:
    async def work(engine: Engine) -> None:
        got: dict[str, Any] = {}
        engine.handle("keep", lambda payload, ctx: got.__setitem__(ctx.id, payload))
        async with engine.working():
            for payload in given_payloads:
                try:
                    job_id = await engine.add("keep", payload)
                except InvalidJob:
                    continue
                job = await engine.becomes(job_id, *ENDED)
                assert job.state is JobState.SUCCEEDED, job.error
                assert same(got[job_id], payload)
                assert same(msgspec.json.decode(job.payload), payload)

    in_an_engine(work)


@settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
@given(st.lists(payloads, min_size=5, max_size=25))
def test_any_result_is_kept_as_it_was_returned_or_a_note_says_why_not(results: list[Any]) -> None:
    async def work(engine: Engine) -> None:
        returns = iter(results)
        engine.handle("give", lambda: next(returns))
        async with engine.working():
            for result in results:
                job = await engine.becomes(await engine.add("give"), *ENDED)
                assert job.state is JobState.SUCCEEDED, job.error
                kept = msgspec.json.decode(job.result or b"null")
                assert same(kept, result) or str(kept).startswith("(its result was not kept: ")

    in_an_engine(work)


words = st.none() | text
options = st.dictionaries(
    st.sampled_from([*JobOptions.__struct_fields__, "nonsense"]),
    json_like
    | st.datetimes(timezones=st.just(UTC) | st.none())
    | st.timedeltas()
    | st.sampled_from([datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
    | st.lists(text, max_size=20)
    | st.dictionaries(text, json_like, max_size=3),
    max_size=3,
)


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(st.lists(st.tuples(words, words, options, words, words, words), min_size=10, max_size=30))
def test_any_words_and_options_are_refused_or_make_a_job_that_every_page_can_show(jobs: list[Any]) -> None:
    async def work(engine: Engine) -> None:
        producer = engine.cluster.producer
        added = []
        for type_, queue, chosen, job_id, by, origin in jobs:
            try:
                given_by = {} if by is None else {"created_by": by}
                found = await producer.add(
                    QUEUE if queue is None else queue, "keep" if type_ is None else type_, None, chosen,
                    job_id=job_id, origin=origin, **given_by,
                )  # fmt: skip
            except InvalidJob:
                continue
            added.append(found)
            assert job_id in (None, found) or chosen.get("unique_key")
        page = await engine.cluster.inspector.page(JobFilter(), limit=100)
        assert {row.id for row in page.rows} == set(added)
        for job_id in added:
            await engine.job(job_id)
            assert (await engine.cluster.operations.cancel([job_id], by="mira"))[0].ref is not None

    in_an_engine(work)


amqp_values = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
)
headers = st.dictionaries(
    st.sampled_from(["leveret-job", "leveret-epoch", "leveret-attempt", "x-death", "other"]),
    amqp_values | st.lists(amqp_values, max_size=2) | st.dictionaries(st.just("a"), amqp_values),
    max_size=3,
)
fields = st.fixed_dictionaries(
    {"type": st.just("touch") | words},
    optional={
        "payload": json_like,
        "v": st.integers() | text,
        "id": words,
        "created_at": text | st.datetimes().map(str) | st.just("9999-12-31T23:59:59-12:00"),
        "created_by": words,
        "origin": words,
        "options": st.dictionaries(
            st.sampled_from(["max_attempts", "tags", "meta", "unique_key", "priority", "expires_at", "nonsense"]),
            json_like,
        ),
    },
)  # fmt: skip
bodies = (
    st.binary(max_size=100)
    | fields.map(lambda body: json.dumps(body).encode(errors="replace"))
    | fields.map(lambda body: json.dumps(body, ensure_ascii=False).encode(errors="surrogatepass"))
    | st.integers(1, 1200).map(lambda levels: b'{"type":"touch","payload":' + b"[" * levels + b"]" * levels + b"}")
    | st.integers(300, 5000).map(lambda digits: b'{"type":"touch","payload":' + b"7" * digits + b"}")
)
messages = st.lists(st.tuples(bodies, headers), min_size=10, max_size=40)


async def all_end(engine: Engine, given_messages: list[tuple[bytes, dict[str, Any]]]) -> None:
    engine.handle("touch", lambda payload: payload)
    sent = [
        Outgoing(queue=QUEUE, type="", body=body, headers=found, message_id=str(uuid.uuid4()), raw=True)
        for body, found in given_messages
    ]
    answers = await engine.cluster.broker.publish(sent)
    arrived = sum(answer is None for answer in answers)
    marker = await engine.add("touch", "the last one")
    async with engine.working():
        await engine.becomes(marker, JobState.SUCCEEDED, timeout=20)

        async def nothing_waits() -> bool:
            counts = await engine.cluster.inspector.counts()
            depth = await engine.cluster.broker.depth(QUEUE)
            return depth.ready == 0 and not {state for state, number in counts.items() if number and state not in ENDED}

        await eventually(nothing_waits, timeout=20)
    page = await engine.cluster.inspector.page(JobFilter(), limit=100)
    assert arrived == 0 or len(page.rows) > 1
    for row in page.rows:
        job = await engine.job(row.id)
        assert job.state in ENDED
        assert job.state is JobState.SUCCEEDED or (job.error is not None and job.error.message)


@settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
@given(messages)
def test_any_message_ends_on_the_embedded_engines(given_messages: list[tuple[bytes, dict[str, Any]]]) -> None:
    in_an_engine(lambda engine: all_end(engine, given_messages))


@settings(max_examples=6, deadline=None, suppress_health_check=SLOW)
@given(messages)
def test_any_message_ends_on_the_servers(
    amqp_url: str, redis_url: str, given_messages: list[tuple[bytes, dict[str, Any]]]
) -> None:
    async def run() -> None:
        async with own_prefix(amqp_url, redis_url, QUEUE) as prefix:
            engine = Engine(ClusterConfig(amqp_url=amqp_url, redis_url=redis_url, prefix=prefix))
            await engine.cluster.open()
            try:
                await all_end(engine, given_messages)
            finally:
                await engine.cluster.close()

    asyncio.run(run())


@pytest.mark.parametrize("number", [math.nan, math.inf])
async def test_a_number_that_json_cannot_say_is_refused_everywhere(engine: Engine, number: float) -> None:
    for call in (
        lambda: engine.add("keep", {"sizes": [1, number]}),
        lambda: engine.add("keep", None, JobOptions(meta={"size": number})),
    ):
        with pytest.raises(InvalidJob, match=r"(nan|inf) at \$\.size"):
            await call()
    engine.handle("give", lambda: {"size": number})
    job = await engine.done("give")
    assert job.state is JobState.SUCCEEDED
    assert f"(its result was not kept: It is not JSON: it has {number} at $.size.".encode() in (job.result or b"")
