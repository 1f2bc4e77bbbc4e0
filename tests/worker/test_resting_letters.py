"""Messages in the broker's dead-letter queues can be looked at, sent again and discarded one by one."""

from __future__ import annotations

import uuid

import pytest

from queueing import JobState
from queueing.domain.message import Incoming
from queueing.domain.ports import DeadLetter, Destination, Outgoing
from queueing.errors import PublishFailed
from queueing.letters import Looked, Standing
from tests.eventually import eventually
from tests.worker.engines import QUEUE, Engine
from tests.worker.test_dead_letter_keeper import failed, has_dead

MOST = 100


async def put(engine: Engine, body: bytes, *, message_id: str = "", headers: dict[str, object] | None = None) -> str:
    """A message that somebody else left in the dead-letter queue."""
    sent = Outgoing(
        queue=QUEUE, type="touch", body=body, headers=headers or {}, message_id=message_id or str(uuid.uuid4()),
        destination=Destination.DEAD, raw=True,
    )  # fmt: skip
    assert await engine.cluster.broker.publish([sent]) == [None]
    return sent.message_id


async def look(engine: Engine, count: int) -> Looked:
    """Once so many lie there."""
    await has_dead(engine, count)
    return await engine.cluster.letters.look(QUEUE, most=MOST, limit=50)


async def test_a_look_takes_nothing_away_and_shows_them_as_they_lie(engine: Engine) -> None:
    ids = [await put(engine, b'{"type":"touch"}', headers={"trace": f"a{n}"}) for n in range(3)]
    for _ in range(3):
        looked = await look(engine, 3)
        assert [row.letter.message_id for row in looked.rows] == ids
        assert [row.letter.headers["trace"] for row in looked.rows] == ["a0", "a1", "a2"]
    await has_dead(engine, 3)


async def test_a_message_has_the_same_key_at_each_look_and_another_one_than_its_neighbour(engine: Engine) -> None:
    for _ in range(2):
        await put(engine, b'{"type":"touch"}')
    first, second = (await look(engine, 2)).rows
    again = (await look(engine, 2)).rows
    assert [row.key for row in again] == [first.key, second.key]
    assert first.key != second.key


async def test_each_is_told_by_what_it_is_to_the_records(engine: Engine) -> None:
    resting, replayed = await failed(engine, 2)
    await engine.cluster.operations.retry([replayed], by="mira")
    foreign = await put(engine, b'{"type":"touch"}')
    broken = await put(engine, b"\x1f\x8b\x00")
    rows = {row.incoming.spec.id: row for row in (await look(engine, 4)).rows}
    assert {job_id: row.standing for job_id, row in rows.items()} == {
        resting: Standing.LETTER,
        replayed: Standing.STALE,
        foreign: Standing.UNKNOWN,
        broken: Standing.UNKNOWN,
    }
    assert [job_id for job_id, row in rows.items() if row.wrong] == [broken]


async def test_the_message_of_a_waiting_job_that_the_broker_buried_is_sent_home(engine: Engine) -> None:
    job_id = await engine.add("touch")
    await engine.cluster.broker.purge(QUEUE)
    await put(engine, b'{"type":"touch"}', headers={"leveret-job": job_id, "leveret-epoch": 1}, message_id=job_id)
    [row] = (await look(engine, 1)).rows
    assert row.standing is Standing.UNKNOWN
    [settled] = await engine.cluster.letters.replay(QUEUE, [row.key], most=MOST, by="mira")
    assert settled.done
    engine.handle("touch", lambda: "touched")
    async with engine.working():
        await engine.becomes(job_id, JobState.SUCCEEDED)


async def test_those_that_are_wanted_are_counted_beyond_what_is_shown(engine: Engine) -> None:
    for number in range(5):
        await put(engine, b'{"type":"touch","payload":%d}' % (number % 2))
    await has_dead(engine, 5)

    def even(_: DeadLetter, incoming: Incoming) -> bool:
        return incoming.spec.payload == b"0"

    looked = await engine.cluster.letters.look(QUEUE, most=MOST, limit=2, wanted=even)
    assert (len(looked.rows), looked.matching, looked.looked) == (2, 3, 5)
    looked = await engine.cluster.letters.look(QUEUE, most=3, limit=50)
    assert looked.looked == 3
    await has_dead(engine, 5)


async def test_a_foreign_one_is_sent_again_and_runs_as_the_job_it_is(engine: Engine) -> None:
    ran: list[int] = []
    engine.handle("touch", lambda payload: ran.append(payload["order"]))
    kept = await put(engine, b'{"type":"touch","payload":{"order":1}}')
    job_id = await put(engine, b'{"type":"touch","payload":{"order":2}}', headers={"x-death": [{"count": 1}]})
    _, wanted = (await look(engine, 2)).rows
    [settled] = await engine.cluster.letters.replay(QUEUE, [wanted.key], most=MOST, by="mira")
    assert settled.done
    await has_dead(engine, 1)
    [left] = (await look(engine, 1)).rows
    assert left.letter.message_id == kept

    async def arrived() -> bool:
        return await engine.ready() == 1

    await eventually(arrived)
    async with engine.working():
        await engine.becomes(job_id, JobState.SUCCEEDED)
    assert 2 in ran


async def test_a_failed_jobs_letter_is_replayed_by_its_record(engine: Engine) -> None:
    [job_id] = await failed(engine, 1)
    [row] = (await look(engine, 1)).rows
    [settled] = await engine.cluster.letters.replay(QUEUE, [row.key], most=MOST, by="mira")
    assert settled.done
    job = await engine.job(job_id)
    assert (job.state, job.epoch, job.unconfirmed) == (JobState.QUEUED, 3, False)
    await has_dead(engine, 0)


async def test_what_cannot_be_sent_stays_and_says_why(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    await put(engine, b'{"type":"touch"}')
    [row] = (await look(engine, 1)).rows

    async def refuse(messages: list[Outgoing]) -> list[Exception | None]:
        return [PublishFailed("The broker refused it.") for _ in messages]

    monkeypatch.setattr(engine.cluster.broker, "publish", refuse)
    [settled] = await engine.cluster.letters.replay(QUEUE, [row.key], most=MOST, by="mira")
    assert (settled.done, settled.reason) == (False, "The broker refused it.")
    await has_dead(engine, 1)


async def test_one_whose_job_has_moved_on_is_not_sent_again(engine: Engine) -> None:
    [job_id] = await failed(engine, 1)
    await engine.cluster.operations.retry([job_id], by="mira")
    [row] = (await look(engine, 1)).rows
    [settled] = await engine.cluster.letters.replay(QUEUE, [row.key], most=MOST, by="mira")
    assert "moved on" in settled.reason
    await has_dead(engine, 1)


async def test_the_one_chosen_is_discarded_and_so_is_its_record(engine: Engine) -> None:
    [job_id] = await failed(engine, 1)
    foreign = await put(engine, b"nothing")
    first, second = (await look(engine, 2)).rows
    settled = await engine.cluster.letters.discard(QUEUE, [first.key, "no-such-key"], most=MOST)
    assert [one.done for one in settled] == [True, False]
    assert "not there any more" in settled[1].reason
    assert await engine.cluster.inspector.job(job_id) is None
    assert second.letter.message_id == foreign
    await has_dead(engine, 1)


async def test_of_two_equal_messages_one_is_discarded(engine: Engine) -> None:
    twin = str(uuid.uuid4())
    for _ in range(2):
        await put(engine, b"twin", message_id=twin)
    looked = await look(engine, 2)
    await engine.cluster.letters.discard(QUEUE, {row.key for row in looked.rows}, most=MOST)
    left = 2 - len({row.key for row in looked.rows})
    await has_dead(engine, left)


async def test_a_queue_that_the_broker_does_not_have_holds_nothing(engine: Engine) -> None:
    assert await engine.cluster.letters.look("nowhere", most=MOST, limit=50) == Looked(rows=(), matching=0, looked=0)
