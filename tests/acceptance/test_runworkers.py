"""``manage.py runworkers`` on real servers, as an operator starts and stops it."""

from __future__ import annotations

import asyncio
import json
import os
import signal

from queueing import JobOptions, JobState
from tests.acceptance.project import QUEUES, Project
from tests.eventually import eventually


async def test_jobs_of_both_kinds_run_and_the_banner_says_what_is_served(project: Project) -> None:
    producer = project.cluster.producer
    ids = [await producer.add("post", name, {"name": "Mira"}) for name in ("greet", "greet_in_a_thread")]
    async with project.workers("--concurrency", "5") as workers:
        for job_id in ids:
            job = await project.becomes(job_id, JobState.SUCCEEDED)
            assert job.result == b'"Hello Mira"'
        assert await workers.stop() == 0
    assert sorted(project.ledger) == ["greet Mira", "greet_in_a_thread Mira"]
    for words in (
        "parcels, post",
        "crash, greet, greet_in_a_thread, leveret.",  # the console's own
        "leveret.operation, ship, sleep",
        "1, each with 5 jobs at a time",
    ):
        assert words in workers.output
    assert "guest" not in workers.output, "the banner must not show credentials"


async def test_a_failing_job_retries_dies_is_replayed_and_succeeds(project: Project) -> None:
    options = JobOptions(max_attempts=3, tags=("eu",))
    job_id = await project.cluster.producer.add("parcels", "ship", {"order": 7}, options)
    async with project.workers("--concurrency", "5"):
        failed = await project.becomes(job_id, JobState.FAILED)
        assert [attempt.outcome for attempt in failed.attempts] == ["retrying", "retrying", "failed"]
        assert failed.error_message == "the road to order 7 is closed"

        async def dead_letters() -> int:
            return (await project.cluster.broker.depth("parcels")).dead or 0

        await eventually(dead_letters)
        project.mend()
        assert json.loads(await project.manage("replay", job_id, "--json"))
        done = await project.becomes(job_id, JobState.SUCCEEDED)

        async def none_left() -> bool:
            return await dead_letters() == 0

        await eventually(none_left, timeout=60)
    assert (done.result, project.ledger) == (b'"on its way"', ["ship 7"])


async def test_sigterm_lets_jobs_finish_and_leaves_nothing_behind(project: Project) -> None:
    job_id = await project.cluster.producer.add("post", "sleep", {"seconds": 1.0})
    async with project.workers("--concurrency", "2", "--grace", "10") as workers:
        await eventually(lambda: f"begin {job_id}" in project.ledger, timeout=60)
        assert await workers.stop(signal.SIGTERM) == 0
    job = await project.job(job_id)
    assert job is not None and job.state is JobState.SUCCEEDED
    assert project.ledger == [f"begin {job_id}", f"end {job_id}"]
    assert await project.cluster.inspector.workers() == []


async def test_a_second_signal_hands_back_at_once_and_another_worker_finishes(project: Project) -> None:
    job_id = await project.cluster.producer.add("post", "sleep", {"seconds": 3.0})
    async with project.workers("--concurrency", "2", "--grace", "600") as workers:
        await eventually(lambda: f"begin {job_id}" in project.ledger, timeout=60)
        workers.process.send_signal(signal.SIGINT)
        await eventually(lambda: "stopping" in workers.output)
        assert await workers.stop(signal.SIGINT) == 0
    back = await project.job(job_id)
    assert back is not None and (back.state, back.attempt) == (JobState.QUEUED, 0)
    async with project.workers("--concurrency", "2"):
        job = await project.becomes(job_id, JobState.SUCCEEDED)
    assert job.attempt == 1


async def test_a_killed_worker_process_is_replaced_and_its_job_runs_again(project: Project) -> None:
    job_id = await project.cluster.producer.add("post", "sleep", {"seconds": 2.0})
    async with project.workers("--concurrency", "2", "--workers", "2") as workers:
        running = await project.becomes(job_id, JobState.RUNNING)
        [holder] = [w for w in await project.cluster.inspector.workers() if w.id == running.worker]
        assert holder.pid != workers.process.pid
        os.kill(holder.pid, signal.SIGKILL)
        job = await project.becomes(job_id, JobState.SUCCEEDED, timeout=30)
        assert "killed by SIGKILL" in workers.output

        async def two_alive() -> bool:
            alive = [w for w in await project.cluster.inspector.workers() if w.state == "running"]
            return len(alive) == 2

        await eventually(two_alive, timeout=60)
        assert await workers.stop() == 0
    assert [attempt.error.kind for attempt in job.attempts if attempt.error] == ["WorkerLost"]
    assert project.ledger.count(f"end {job_id}") == 1


async def test_children_do_not_outlive_their_supervisor(project: Project) -> None:
    async with project.workers("--concurrency", "1", "--workers", "2") as workers:

        async def two() -> list[int]:
            found = [worker.pid for worker in await project.cluster.inspector.workers()]
            return found if len(found) == 2 else []

        children = await eventually(two, timeout=60)
        workers.process.kill()
        await workers.process.wait()
        await eventually(lambda: not any(map(_alive, children)), timeout=60)


async def test_json_logs_are_one_object_a_line(project: Project) -> None:
    job_id = await project.cluster.producer.add("post", "greet", {"name": "Mira"})
    async with project.workers("--concurrency", "1", "--json-logs") as workers:
        await project.becomes(job_id, JobState.SUCCEEDED)
        assert await workers.stop() == 0
    lines = [json.loads(line) for line in workers.output.splitlines()]
    [ended] = [line for line in lines if line.get("job") == job_id]
    assert (ended["outcome"], ended["job_type"], ended["level"]) == ("succeeded", "greet", "INFO")


async def test_after_a_thousand_mixed_jobs_no_message_and_no_key_is_left_over(project: Project) -> None:
    producer = project.cluster.producer
    project.mend()
    await producer.add_many("post", "greet", [{"name": str(n)} for n in range(600)])
    await producer.add_many("post", "greet_in_a_thread", [{"name": str(n)} for n in range(300)])
    await producer.add_many("parcels", "ship", [{"order": n} for n in range(100)], JobOptions(delay=0.6))
    async with project.workers("--concurrency", "10"):

        async def done() -> bool:
            return await project.counts() == {JobState.SUCCEEDED: 1000}

        await eventually(done, timeout=60)
    assert len(project.ledger) == len(set(project.ledger)) == 1000
    for queue in QUEUES:
        depth = await project.cluster.broker.depth(queue)
        assert (depth.ready, depth.dead) == (0, 0)
    assert await project.cluster.store.outbox_size() == 0


async def test_without_servers_or_jobs_the_command_says_what_to_do(project: Project) -> None:
    project.environment |= {"LEVERET_AMQP_URL": "memory://"}
    async with project.workers() as workers:
        assert await asyncio.wait_for(workers.process.wait(), 30) == 1
    assert "LEVERET_AMQP_URL" in workers.output


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
