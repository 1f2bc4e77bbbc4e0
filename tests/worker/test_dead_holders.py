"""A message comes back before its worker is known to be dead: it is put away, and must not stay there."""

from __future__ import annotations

from queueing import JobState
from queueing.domain.message import Incoming
from queueing.domain.ports import Run
from tests.contracts.stores import alive
from tests.eventually import eventually
from tests.worker.engines import QUEUE, Engine


async def test_a_job_whose_message_was_put_away_runs_soon_after_its_worker_is_known_to_be_dead(engine: Engine) -> None:
    cluster = engine.cluster
    ran: list[str] = []
    engine.handle("mark", lambda: ran.append("x"))
    job = await engine.job(await engine.add("mark"))
    await alive(cluster.store, "ghost")
    [verdict] = await cluster.store.claim([Incoming(spec=job.spec, epoch=1, attempt=0)], worker="ghost")
    assert isinstance(verdict, Run)
    async with engine.working():
        await eventually(lambda: _is_put_away(engine))
        assert ran == []
        await cluster.store.forget_worker("ghost")  # as its supervisor does
        done = await engine.becomes(job.id, JobState.SUCCEEDED)
    assert (ran, done.attempt) == (["x"], 2)
    assert [told.worker for told in done.attempts][:1] == ["ghost"]
    assert done.epoch == 2, "by a message of its own, and not by the one that was put away"


async def _is_put_away(engine: Engine) -> bool:
    """The ghost's message has been claimed, told to wait, and is on its way round the ladder."""
    connection = engine.cluster.store._connection  # type: ignore[attr-defined]
    key = f"{{{engine.cluster.config.prefix}}}:returned:ghost"
    return bool(await connection.call("ZCARD", key)) and await engine.ready(QUEUE) == 0
