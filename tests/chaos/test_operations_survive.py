"""Whoever runs a bulk operation is killed, again and again: no job is treated twice, none is forgotten."""

from __future__ import annotations

import os
import signal
import sqlite3
from typing import NamedTuple

import pytest

from queueing.domain.states import JobState
from tests.acceptance.graves import dig
from tests.acceptance.project import Project
from tests.chaos.size import sized
from tests.eventually import eventually

JOBS, KILLS = sized(ci=(8_000, 2), long=(30_000, 3))
RATE = sized(ci=2_000, long=0)
"""Jobs a second, so that few last long enough to be killed at; 0: as fast as it goes."""
CONFIRM = """
from datetime import timedelta
from django.core.management import call_command
from django.utils import timezone
call_command("migrate", verbosity=0)
from dashboard.audit import Actor
from dashboard.bulk import freezing, starting
from dashboard.bulk.acts import ACTS
from dashboard.bulk.chosen import Chosen
from queueing.domain.reading import JobFilter
from queueing.domain.states import JobState
freezing.UNDO = timedelta()
wanted = JobFilter(states=(JobState.FAILED,), queues=("parcels",))
chosen = Chosen(moment=timezone.now(), described="state:failed queue:parcels", back="/jobs", wanted=wanted)
somebody = Actor(user_id=None, who="otto", address=None, agent="")
starting.confirm(freezing.freeze(ACTS["retry"], chosen, reason="mended", rate=%d, actor=somebody))
"""


class Standing(NamedTuple):
    state: str
    done: int
    skipped: int
    job_id: str


@pytest.mark.timeout(240)
async def test_no_job_is_treated_twice_and_none_is_forgotten_when_the_runner_is_killed(project: Project) -> None:
    ids = await dig(project.cluster, JOBS)
    before = await epochs(project, ids)
    await project.manage("shell", "--verbosity", "0", "-c", CONFIRM % RATE)
    async with project.workers("--workers", "2", "--queues", "leveret-operations"):
        for kill in range(KILLS):
            await eventually(lambda kill=kill: standing(project).done >= JOBS * (kill + 1) // (KILLS + 2), timeout=60)
            os.kill(await runner(project), signal.SIGKILL)
            assert standing(project).state == "running"
        await eventually(lambda: standing(project).state == "done", timeout=90)
    assert standing(project)[1:3] == (JOBS, 0)
    assert await epochs(project, ids) == {job_id: epoch + 1 for job_id, epoch in before.items()}
    assert await project.counts() == {JobState.QUEUED: JOBS, JobState.SUCCEEDED: 1}
    depth = await project.cluster.broker.depth("parcels")
    assert depth.ready is not None and depth.ready >= JOBS, "each has its message, some have a second"
    assert await project.cluster.store.outbox_size() == 0
    assert results(project) == ["done", "started"]


async def epochs(project: Project, ids: list[str]) -> dict[str, int]:
    found = {}
    for start in range(0, len(ids), 1000):
        for row in await project.cluster.inspector.summaries(ids[start : start + 1000]):
            assert row is not None
            found[row.id] = row.epoch
    return found


async def runner(project: Project) -> int:
    """The process that runs the operation."""

    async def pid() -> int | None:
        job = await project.job(standing(project).job_id)
        workers = {worker.id: worker.pid for worker in await project.cluster.inspector.workers()}
        return workers.get(job.worker or "") if job is not None and job.state is JobState.RUNNING else None

    return await eventually(pid, timeout=30)


def standing(project: Project) -> Standing:
    return Standing(*_ask(project, "SELECT state, done, skipped, job_id FROM dashboard_operation")[0])


def results(project: Project) -> list[str]:
    return [row[0] for row in _ask(project, "SELECT result FROM dashboard_auditentry ORDER BY result")]


def _ask(project: Project, query: str) -> list[tuple[str, int, int, str]]:
    connection = sqlite3.connect(project.folder / "db.sqlite3")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()
