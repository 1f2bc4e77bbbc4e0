"""SIGKILL, again and again, while jobs run. The ledger outside the system is the witness."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter

import pytest

from queueing import JobState
from queueing.domain.reading import JobFilter
from tests.acceptance.project import Project
from tests.eventually import eventually

JOBS = 400
KILLS = 2


@pytest.mark.timeout(240)
async def test_no_job_is_lost_and_no_record_is_wrong_when_workers_are_killed(project: Project) -> None:
    options = {"max_attempts": 20}
    ids = await project.cluster.producer.add_many("post", "sleep", [{"seconds": 0.15}] * JOBS, options)
    async with project.workers("--concurrency", "10", "--workers", "2") as workers:
        killed: set[int] = set()
        while len(killed) < KILLS:
            goal = JOBS * (len(killed) + 1) // (KILLS + 2)
            await eventually(lambda goal=goal: _ends(project).total() >= goal, timeout=60)
            victim = await _someone(project, killed)
            os.kill(victim, signal.SIGKILL)
            killed.add(victim)

        async def all_done() -> bool:
            return await project.counts() == {JobState.SUCCEEDED: JOBS}

        await eventually(all_done, timeout=90)
        assert workers.output.count("killed by SIGKILL") == KILLS

    ends = _ends(project)
    assert set(ends) == set(ids), "every job that was added has finished at least once"
    rows = (await project.cluster.inspector.page(JobFilter(), limit=JOBS)).rows
    begun = Counter(line.split()[1] for line in project.ledger if line.startswith("begin "))
    for row in rows:
        # A worker killed between the claim and the handler's first line has charged an attempt and begun nothing.
        assert row.attempt >= begun[row.id] > 0, f"each run of {row.id} that was begun is an attempt of its record"
    depth = await project.cluster.broker.depth("post")
    assert (depth.ready, depth.dead, await project.cluster.store.outbox_size()) == (0, 0, 0)


def _ends(project: Project) -> Counter[str]:
    return Counter(line.split()[1] for line in project.ledger if line.startswith("end "))


async def _someone(project: Project, killed: set[int]) -> int:
    """The process id of a worker that is alive."""

    async def found() -> list[int]:
        workers = await project.cluster.inspector.workers()
        alive = [worker.pid for worker in workers if worker.state == "running"]
        return [pid for pid in alive if pid not in killed]

    return random.choice(await eventually(found, timeout=30))
