"""Finds a Python of a version, and prints where it is: .ci/pythons.py python3.13

What is on the path may be a stand-in that only says what one could install, so each is asked for its version. Those of
pyenv and uv need not be on the path. Where there is none, uv may get one; else that is said, and the exit status is 1.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bootstrap import ROOT, Stuck, fetch_uv, find_uv

PLACES = (".pyenv/versions/3.*/bin/python3", ".local/share/uv/python/cpython-3.*/bin/python3")
"""Below a home: those of pyenv and uv, which need not be on the path."""
OLDEST, NEWEST = 11, 19
"""Minor versions that are looked for on the path."""


def main() -> int:
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    wanted = re.search(r"(?:^|/)python3\.(\d+)$", name)
    if version_of(name):
        print(name)
        return 0
    python = exactly((3, int(wanted[1]))) if wanted else None
    if python is None:
        print(f"{name} is not on this machine, and uv could not get one.", file=sys.stderr)
        return 1
    print(python)
    return 0


def exactly(wanted: tuple[int, int]) -> str | None:
    programs = map(str, candidates())
    return next((program for program in programs if version(program) == wanted), None) or fetched(wanted)


def newest(at_least: tuple[int, int]) -> str | None:
    programs = {str(path) for path in candidates()}
    return max((program for program in programs if version(program) >= at_least), key=version, default=None)


def candidates() -> Iterator[Path | str]:
    for minor in range(OLDEST, NEWEST + 1):
        if on_path := shutil.which(f"python3.{minor}"):
            yield on_path
    yield sys.executable
    for place in PLACES:
        yield from Path.home().glob(place)


def fetched(wanted: tuple[int, int]) -> str | None:
    """One that uv gets, kept in .tools/."""
    try:
        uv = find_uv() or fetch_uv()
    except Stuck:
        return None
    folder = ROOT / ".tools" / "python"
    environment = os.environ | {"UV_PYTHON_INSTALL_DIR": str(folder)}
    install = [str(uv), "python", "install", "--quiet", ".".join(map(str, wanted))]
    subprocess.run(install, env=environment, capture_output=True, check=False)
    programs = map(str, sorted(folder.glob("cpython-*/bin/python3")))
    return next((program for program in programs if version(program) == wanted), None)


def version(program: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version_of(program).split(".") if part)


def version_of(program: str) -> str:
    """``3.13``; empty where it does not run."""
    if not program or not shutil.which(program):
        return ""
    asked = [program, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main())
