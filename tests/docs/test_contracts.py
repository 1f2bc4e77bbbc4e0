"""The suites for brokers and stores of somebody else: as docs/howto/testing.md shows them, in a project of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks

PAGE = [block.text for block in blocks(ROOT / "docs" / "howto" / "testing.md") if block.language == "python"]
SETTINGS = "[pytest]\nasyncio_mode = auto\n"


def suite(port: str) -> str:
    [text] = [text for text in PAGE if f"queueing.testing.contracts.{port} import *" in text]
    return text


def run(folder: Path, text: str, only: str) -> str:
    (folder / "test_engine.py").write_text(text)
    (folder / "pytest.ini").write_text(SETTINGS)
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-k", only]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("port", "only"),
    [("broker", "queues_do_not_mix or in_order"), ("store", "there_is_one_leader or retention or two_leaders")],
)
def test_they_run_as_the_page_has_them(tmp_path: Path, port: str, only: str) -> None:
    output = run(tmp_path, suite(port), only)
    assert "skipped" not in output and "passed" in output


def test_what_is_not_given_is_asked_for(tmp_path: Path) -> None:
    alone = suite("store").replace("def make_store", "def mine").replace("make_store", "mine")
    output = run(tmp_path, alone, "two_leaders or host_that_is_an_hour_ahead")
    assert "There is no fixture make_store" in output and "There is no fixture set_clock" in output
    assert "passed" not in output
