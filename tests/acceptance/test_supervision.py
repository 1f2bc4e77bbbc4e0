"""``manage.py runworkers`` keeps its processes: what an operator sees of it, on real servers."""

from __future__ import annotations

import asyncio
import os
import signal
import time

from queueing import JobState
from queueing.domain.reading import WorkerStatus
from tests.acceptance.project import Project, Workers
from tests.eventually import eventually


async def living(project: Project) -> list[WorkerStatus]:
    return [worker for worker in await project.cluster.inspector.workers() if worker.state == "running"]


async def pids(project: Project, count: int) -> set[int]:
    async def as_many() -> set[int]:
        found = {worker.pid for worker in await living(project)}
        return found if len(found) == count else set()

    return await eventually(as_many, timeout=60)


async def test_the_jobs_of_a_killed_process_can_be_claimed_within_a_second(project: Project) -> None:
    job_id = await project.cluster.producer.add("post", "sleep", {"seconds": 60})
    async with project.workers("--concurrency", "1", "--workers", "2", "--grace", "1") as workers:
        running = await project.becomes(job_id, JobState.RUNNING)
        [holder] = [w for w in await living(project) if w.id == running.worker]
        killed = time.monotonic()
        os.kill(holder.pid, signal.SIGKILL)

        async def dead() -> bool:
            return all(w.state == "gone" for w in await project.cluster.inspector.workers() if w.id == holder.id)

        await eventually(dead, timeout=10)
        assert time.monotonic() - killed < 1.0

        async def taken_over() -> bool:
            job = await project.job(job_id)
            return job is not None and job.state is JobState.RUNNING and job.worker != holder.id

        await eventually(taken_over, timeout=15)
        assert "was killed by SIGKILL" in workers.output


async def test_a_process_is_recycled_after_its_jobs_and_none_is_lost(project: Project) -> None:
    producer = project.cluster.producer
    async with project.workers("--concurrency", "3", "--max-jobs", "20") as workers:
        first = await pids(project, 1)
        assert workers.process.pid not in first, "a single worker with a limit has a supervisor"
        await producer.add_many("post", "greet", [{"name": str(n)} for n in range(200)])
        await eventually(lambda: len(project.ledger) == 200, timeout=60)

        async def renewed() -> bool:
            return not first & {worker.pid for worker in await living(project)} and await project.counts() == {
                JobState.SUCCEEDED: 200
            }

        await eventually(renewed, timeout=60)
        assert await workers.stop() == 0
    assert len(set(project.ledger)) == 200
    assert "jobs: it is replaced" in workers.output
    assert "A new one starts in" not in workers.output, "recycling is no crash"


async def test_a_process_is_recycled_when_it_has_grown(project: Project) -> None:
    async with project.workers("--concurrency", "1", "--max-rss", "1") as workers:
        await eventually(lambda: workers.output.count("it is replaced") >= 2, timeout=60)
        assert "has grown to" in workers.output
        assert await workers.stop() == 0


async def test_a_hangup_replaces_the_processes_while_jobs_go_on(project: Project) -> None:
    job_id = await project.cluster.producer.add("post", "sleep", {"seconds": 3})
    async with project.workers("--concurrency", "1", "--workers", "2") as workers:
        old = await pids(project, 2)
        await project.becomes(job_id, JobState.RUNNING)
        workers.process.send_signal(signal.SIGHUP)

        async def all_new() -> bool:
            found = {worker.pid for worker in await living(project)}
            return len(found) == 2 and not found & old

        await eventually(all_new, timeout=60)
        job = await project.becomes(job_id, JobState.SUCCEEDED)
        assert job.attempt == 1
        assert await workers.stop() == 0


async def test_an_orphan_finishes_within_its_grace_and_hands_back_the_rest(project: Project) -> None:
    short, long = [
        await project.cluster.producer.add("post", "sleep", {"seconds": seconds}) for seconds in (1.0, 600.0)
    ]
    async with project.workers("--concurrency", "2", "--workers", "2", "--grace", "2") as workers:
        children = await pids(project, 2)
        await project.becomes(short, JobState.RUNNING)
        await project.becomes(long, JobState.RUNNING)
        workers.process.kill()
        await workers.process.wait()
        await eventually(lambda: not any(map(is_alive, children)), timeout=20)
    finished, back = await project.job(short), await project.job(long)
    assert finished is not None and finished.state is JobState.SUCCEEDED
    assert back is not None and (back.state, back.attempt) == (JobState.QUEUED, 0)


async def test_a_signal_shows_where_each_process_is(project: Project) -> None:
    job_id = await project.cluster.producer.add("post", "sleep", {"seconds": 600})
    async with project.workers("--concurrency", "1", "--workers", "2", "--grace", "0") as workers:
        await pids(project, 2)
        await project.becomes(job_id, JobState.RUNNING)
        workers.process.send_signal(signal.SIGUSR1)
        await eventually(lambda: workers.output.count(" tasks:") == 2)
        assert "thread 0x" in workers.output.lower(), "threads, from the signal handler itself"
        assert "shop/jobs.py" in workers.output, "the handler that runs"
        assert len(await living(project)) == 2


async def test_a_single_worker_shows_where_it_is_too_and_ends_in_order_on_a_hangup(project: Project) -> None:
    async with project.workers("--concurrency", "1") as workers:
        [pid] = await pids(project, 1)
        assert pid == workers.process.pid, "no supervisor where none is needed"
        await shows(workers, signal.SIGQUIT)
        assert await workers.stop(signal.SIGHUP) == 0
    assert await project.cluster.inspector.workers() == []


async def shows(workers: Workers, number: signal.Signals) -> None:
    workers.process.send_signal(number)
    await eventually(lambda: " tasks:" in workers.output)


async def test_a_nonsensical_limit_is_refused(project: Project) -> None:
    async with project.workers("--max-jobs", "-1") as workers:
        assert await asyncio.wait_for(workers.process.wait(), 30) == 1
    assert "--max-jobs" in workers.output


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
