"""Who may import whom is written in pyproject.toml under [tool.importlinter]."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False)


def test_every_import_goes_the_way_it_may():
    finished = run(str(Path(sys.executable).parent / "lint-imports"), "--no-cache")
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_the_library_is_imported_and_used_without_django_settings():
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    program = """
import queueing
from queueing import JobOptions, Queue, WorkerOptions
assert JobOptions(max_attempts=5).max_attempts == 5
from django.conf import settings
assert not settings.configured
"""
    finished = run(sys.executable, "-W", "error", "-c", program, environment=environment)
    assert finished.returncode == 0, finished.stderr
