"""Where Docker's Compose is, which reads docker-compose.yml without Docker: installed, or from `make test-compose`.

Nothing is started with it, and it is not needed by `make test`, which says so where there is none.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

KEPT = Path(__file__).resolve().parents[2] / ".var" / "compose" / "compose" / "docker-compose"


def find() -> list[str] | None:
    """The command, if it is here already."""
    if KEPT.exists():
        return [str(KEPT)]
    if alone := shutil.which("docker-compose"):
        return [alone]
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:
        return [docker, "compose"]
    return None
