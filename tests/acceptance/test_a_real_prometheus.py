"""A real Prometheus scrapes the console and the workers, understands the alert rules, and one of them fires."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.acceptance.project import Project, Workers
from tests.acceptance.prometheus import HURRIED, RULES, Prometheus
from tests.docs.blocks import ROOT
from tests.eventually import eventually
from tests.servers import find_prometheus

TOKEN = "brought-by-the-scraper"

pytestmark = pytest.mark.skipif(
    find_prometheus.find() is None, reason="no Prometheus here; make test-prometheus gets one"
)


@asynccontextmanager
async def prometheus(folder: Path, *targets: str) -> AsyncIterator[Prometheus]:
    program = find_prometheus.find()
    assert program
    server = Prometheus(program, folder, targets=list(targets), token=TOKEN)
    try:
        await server.ready()
        yield server
    finally:
        server.stop()


async def endpoint(workers: Workers) -> str:
    async def told() -> str | None:
        found = re.search(r"Metrics at http://(\S+)/metrics", workers.output)
        return found[1].replace("0.0.0.0", "127.0.0.1") if found else None  # noqa: S104 - that it listens everywhere

    return await eventually(told, timeout=60, interval=0.1)


def panels() -> list[str]:
    """What the dashboard asks, as Grafana does where all is chosen."""
    dashboard = json.loads((ROOT / "docs" / "monitoring" / "grafana.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [text.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$queue", ".*") for text in asked]


def test_promtool_finds_nothing_in_the_rules() -> None:
    program = find_prometheus.find()
    tool = program and Path(program).with_name("promtool")
    if not tool or not tool.exists():
        pytest.skip("no promtool beside this Prometheus")
    command = [tool, "check", "rules", "--lint=all", "--lint-fatal", RULES]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout


async def test_it_scrapes_console_and_workers_and_an_alert_fires(project: Project, tmp_path: Path) -> None:
    project.environment["LEVERET_METRICS_TOKEN"] = TOKEN
    await project.manage("migrate", "--verbosity", "0")
    await project.cluster.producer.add_many("post", "greet", [{"name": str(n)} for n in range(20)])
    async with project.console() as console, project.workers("--metrics-port", "0") as workers:
        web, of_workers = console.url.removeprefix("http://"), await endpoint(workers)
        async with prometheus(tmp_path / "prometheus", web, of_workers) as server:

            async def both_tell_the_same() -> bool:
                return await server.values("sum by (instance) (leveret_attempts_total)") == {web: 20, of_workers: 20}

            await eventually(both_tell_the_same, timeout=60, interval=0.5)

            async def all_panels_show() -> bool:
                """Only a paused queue is shown as such."""
                asked = [text for text in panels() if not await server.series(text)]
                return all("leveret_queue_paused" in text for text in asked)

            await eventually(all_panels_show, timeout=30, interval=0.5)

            async def understood() -> bool:
                rules = [*(await server.rules("leveret")).values(), *(await server.rules(HURRIED)).values()]
                return bool(rules) and all(rule["health"] == "ok" for rule in rules)

            await eventually(understood, timeout=30, interval=0.5)
            for group in ("leveret", HURRIED):
                assert (await server.rules(group))["LeveretNoLeader"]["state"] == "inactive"

            await workers.stop()

            async def fires() -> bool:
                return (await server.rules(HURRIED))["LeveretNoLeader"]["state"] == "firing"

            await eventually(fires, timeout=60, interval=0.5)
            [alert] = (await server.rules(HURRIED))["LeveretNoLeader"]["alerts"]
            assert alert["annotations"]["summary"] == "No worker leads."

            async def waits() -> bool:
                return (await server.rules("leveret"))["LeveretNoLeader"]["state"] == "pending"

            # The groups are looked at one after the other. Two minutes long it does not fire.
            await eventually(waits, timeout=30, interval=0.5)
            assert (await server.values("up")) == {web: 1, of_workers: 0}
