"""Where a Prometheus is: named, installed, or out of Debian's package, which is unpacked and not installed.

Unlike RabbitMQ and Redis it is not needed by `make test`, which says so where there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers.found import Unavailable

PROGRAM = "LEVERET_TEST_PROMETHEUS"
KEPT = Path(__file__).resolve().parents[2] / ".var" / "prometheus"
REMEDY = f"Install it (`apt-get install prometheus`), or name the program: {PROGRAM}=/path/to/prometheus"


def find() -> str | None:
    """The program, if one is here already."""
    if named := os.environ.get(PROGRAM):
        return named
    kept = KEPT / "usr" / "bin" / "prometheus"
    return shutil.which("prometheus") or (str(kept) if kept.exists() else None)


def fetch() -> str:
    """That of Debian's package. Takes no root, and starts no service."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise Unavailable(f"There is no Prometheus, and no apt-get to fetch one with. {REMEDY}")
    with tempfile.TemporaryDirectory() as folder:
        package = _download(Path(folder))
        KEPT.mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg", "--extract", str(package), str(KEPT)], check=True)
    return str(KEPT / "usr" / "bin" / "prometheus")


def _download(folder: Path) -> Path:
    said = ""
    # Twice: on a new machine apt-get knows no package until it has been told to look, which takes root.
    for before in ([], ["apt-get", "update"]):
        if before:
            subprocess.run(before, capture_output=True, check=False)
        got = subprocess.run(
            ["apt-get", "download", "prometheus"], cwd=folder, capture_output=True, text=True, check=False
        )
        if got.returncode == 0:
            return next(folder.glob("*.deb"))
        said = got.stderr.strip()[-300:]
    raise Unavailable(f"`apt-get download prometheus` failed: {said} {REMEDY}")


if __name__ == "__main__":
    try:
        print(find() or fetch())
    except Unavailable as missing:
        sys.exit(str(missing))
