"""The benchmarks' harness runs. What it measures is not looked at: no test may fail because a machine is busy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks import report
from benchmarks.workload import PAYLOAD

ROOT = Path(__file__).resolve().parent.parent


def test_a_run_measures_what_it_was_asked_for_and_writes_a_report(amqp_url: str, tmp_path: Path) -> None:
    smoke = ["--runs", "1", "--jobs", "1000", "--measures", "work", "latency"]
    subprocess.run(
        [sys.executable, "-m", "benchmarks", *smoke, "--peers", "leveret, fast lane", "--out", tmp_path / "RESULTS.md"],
        cwd=ROOT, env={**os.environ, "LEVERET_AMQP_URL": amqp_url}, check=True, timeout=100,
    )  # fmt: skip
    told = [json.loads(line) for line in (tmp_path / "RESULTS.jsonl").read_text().splitlines()[1:]]
    assert {(line["measure"], line["figure"]) for line in told} >= {
        *(("work 1", figure) for figure in ("rate", "cpu", "redis_cpu", "rss")),
        ("work 2", "rate"),
        ("latency", "p99"),
    }
    assert all(line["least"] <= line["median"] <= line["most"] for line in told)
    page = (tmp_path / "RESULTS.md").read_text()
    assert "Load average" in page and "| leveret, fast lane |" in page
    assert "<rect" in (tmp_path / "RESULTS.svg").read_text()


def test_the_arguments_are_of_the_size_that_reports_name() -> None:
    assert len(json.dumps(PAYLOAD, separators=(",", ":"))) == 147


def test_the_documentation_shows_the_figures_of_the_run_of_record() -> None:
    told = report.read(ROOT / "benchmarks" / "RESULTS.md")
    written = (ROOT / "docs" / "howto" / "speed.md").read_text()
    assert report.BEGIN in written and report.shown(written, *told) == written
    assert (
        "\n".join(report.page(told[0], report.Figures(told[1]))) + "\n" == (ROOT / "benchmarks/RESULTS.md").read_text()
    )
