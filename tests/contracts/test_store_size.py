"""What a job costs in memory, measured on a real Redis."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from queueing.adapters.redis import RedisStore
from queueing.domain.job import ErrorInfo, JobRef, JobSpec, Progress
from queueing.domain.ports import Report
from queueing.domain.states import JobState
from tests.contracts.brokers import fresh_prefix
from tests.contracts.stores import attempt, ending, job, message, status, take_away

JOBS = 2_000
LIMIT = 700
"""Bytes for a finished job that did nothing, its share of the index included."""
WORKER = "app-7f9c4d5b8-x2x9k:31337:a1b2c3"


@pytest.fixture
async def client(redis_url: str):
    async with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
async def store(redis_url: str, client: Redis, prefix: str):
    store = RedisStore(redis_url, prefix=prefix)
    await store.beat(status(WORKER), ttl=60)
    yield store
    await store.close()
    await take_away(client, prefix)


@pytest.fixture
def prefix() -> str:
    return fresh_prefix()


async def test_a_finished_job_takes_at_most_700_bytes(client: Redis, store: RedisStore, prefix: str):
    specs = [job(queue="default", payload=b"null") for _ in range(JOBS)]
    await finish(store, specs)
    each, shared = await measure(client, prefix, specs)
    assert each + shared <= LIMIT, (each, shared)
    assert await client.exists(*(f"{{{prefix}}}:{kind}:{specs[0].id}" for kind in ("out", "log", "attempts"))) == 0


async def test_a_payload_of_147_bytes_is_in_the_hash_and_takes_no_key_of_its_own(
    client: Redis, store: RedisStore, prefix: str
):
    specs = [job(queue="default", payload=b'"' + b"x" * 145 + b'"') for _ in range(JOBS)]
    await finish(store, specs)
    each, shared = await measure(client, prefix, specs)
    assert each + shared <= LIMIT, (each, shared)
    assert await client.exists(f"{{{prefix}}}:spec:{specs[0].id}") == 0
    assert await client.object("encoding", f"{{{prefix}}}:job:{specs[0].id}") == b"listpack"


@pytest.mark.parametrize("length", [1, 40, 63, 64, 65, 127, 128, 129, 191, 192, 193, 255, 256, 257, 300, 5_000])
async def test_a_spec_of_any_length_comes_back_as_it_was(store: RedisStore, length: int):
    # Of these some lie on both sides of each piece's end.
    specs = [job(queue="default", payload=b"\xff\x00" * (length // 2) + bytes([some])) for some in range(40)]
    await store.add(specs)
    found = [await store.get(spec.id) for spec in specs]
    assert [one.spec for one in found] == specs


async def test_a_payload_adds_little_more_than_itself(client: Redis, store: RedisStore, prefix: str):
    specs = [job(queue="default", payload=b'"' + b"x" * 298 + b'"') for _ in range(JOBS)]
    await finish(store, specs)
    each, shared = await measure(client, prefix, specs)
    assert each + shared <= LIMIT + 300, (each, shared)


async def test_the_hash_of_a_job_stays_a_listpack_whatever_happened_to_it(
    client: Redis, store: RedisStore, prefix: str
):
    spec = job(tags=("t" * 64,) * 16, unique_key="ü" * 128, retention=1e7, max_attempts=10_000)
    await store.add([spec])
    [run] = await store.claim([message(spec)], worker=WORKER)
    boom = ErrorInfo(kind="k" * 200, message="ü" * 200)
    failure = attempt(run, JobState.FAILED, boom)
    await store.settle([ending(spec, run, JobState.FAILED, note="n" * 200, attempt=failure)])
    await store.replay([spec.id], by="ü" * 200)
    [again] = await store.claim([message(spec, epoch=3)], worker=WORKER)
    progress = Progress(done=1 / 3, total=1e300 / 3, note="p" * 200)
    await store.report([Report(ref=JobRef(spec.id, 3), token=again.token, progress=progress)])
    await store.settle([ending(spec, again, result=b'"' + b"r" * 62 + b'"')])
    assert await client.object("encoding", f"{{{prefix}}}:job:{spec.id}") == b"listpack"


async def finish(store: RedisStore, specs: list[JobSpec]) -> None:
    await store.confirm([answer.ref for answer in await store.add(specs)])
    runs = await store.claim([message(spec) for spec in specs], worker=WORKER)
    endings = [
        ending(spec, run, result=b"null", attempt=attempt(run, JobState.SUCCEEDED))
        for spec, run in zip(specs, runs, strict=True)
    ]
    await store.settle(endings)


async def measure(client: Redis, prefix: str, specs: list[JobSpec]) -> tuple[float, float]:
    """Bytes of a job's own keys, and its share of the others."""
    ids = [spec.id.encode() for spec in specs]
    others = set(ids)
    own, shared = 0, 0
    async for key in client.scan_iter(match=f"{{{prefix}}}:*", count=1000):
        size = await client.memory_usage(key, samples=0)
        if any(key.endswith(job_id) for job_id in ids[:20]):
            own += size
        elif key.rpartition(b":")[2] not in others:
            shared += size
    return own / 20, shared / len(specs)
