"""``runworkers --metrics-port``: one endpoint for all its processes, and totals that outlive them."""

from __future__ import annotations

import asyncio
import re
import signal
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.project import Project, Workers
from tests.eventually import eventually


async def scraped(workers: Workers) -> dict[str, float]:
    """Sums over labels, by name."""
    found = re.search(r"Metrics at (http://127\.0\.0\.1:\d+/metrics)", workers.output)
    assert found, workers.output

    def read() -> str:
        with urllib.request.urlopen(found[1], timeout=10) as answer:  # noqa: S310
            return str(answer.read().decode())

    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(await asyncio.to_thread(read)):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return sums


async def test_one_port_tells_of_all_processes_and_totals_outlive_them(project: Project) -> None:
    await project.cluster.producer.add_many("post", "greet", [{"name": str(n)} for n in range(20)])
    async with project.workers("--workers", "2", "--concurrency", "3", "--metrics-port", "0") as workers:

        async def worked_off() -> dict[str, float] | None:
            found = await scraped(workers)
            return found if found.get("leveret_attempts_total") == 20 else None

        found = await eventually(worked_off, timeout=60, interval=0.2)
        assert (found["leveret_workers"], found["leveret_worker_slots"], found["leveret_leader"]) == (2, 6, 1)
        assert found["leveret_job_wait_seconds_count"] == found["leveret_job_run_seconds_count"] == 20
        assert found["leveret_job_wait_seconds_sum"] > 0
        assert await workers.stop(signal.SIGTERM) == 0
    await project.cluster.producer.add("post", "greet", {"name": "late"})
    async with project.workers("--metrics-port", "0") as alone:

        async def one_more() -> bool:
            return (await scraped(alone)).get("leveret_attempts_total") == 21

        await eventually(one_more, timeout=60, interval=0.2)
