"""The tests that touch Django, on the newest Python at hand and the newest Django that uv.lock has for it.

A machine without such a Python, where uv cannot get one either, is told so; the tests of the Python that it has are run
by `make test` all the same. A Python that is named (NEWEST=…) has to be there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bootstrap import ROOT, Stuck, fetch_uv, find_uv

NEWEST = (3, 13)
PLACES = (".pyenv/versions/3.*/bin/python3", ".local/share/uv/python/cpython-3.*/bin/python3")
"""Below a home: those of pyenv and uv, which need not be on the path."""
TESTS = ("tasks", "jobs", "commands", "sync", "testing", "docs", "checks", "exposition")
PAGES = ("access", "login", "security_headers", "settings")
"""Of tests/dashboard: every URL as an outsider and as each group, and what leans on Django's own most."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default="", help="this one, in place of one that is looked for")
    parser.add_argument("--jobs", default="4", help="tests at a time")
    parser.add_argument("arguments", nargs="*", help="for pytest")
    options = parser.parse_args()
    python = options.python if version_of(options.python) else None if options.python else found() or fetched()
    if python is None:
        where = f"{options.python} is not" if options.python else "no Python 3.13 or newer is"
        print(f"test-newest: NOT DONE: {where} on this machine, and uv could not get one.", file=sys.stderr)
        return 1 if options.python else 0
    venv = ROOT / f".venv-python{version_of(python)}"
    made = subprocess.run([python, ".ci/bootstrap.py", "--venv", venv.name, "--dev"], cwd=ROOT, check=False)
    return made.returncode or run(venv / "bin" / "python", options.jobs, options.arguments)


def run(python: Path, jobs: str, arguments: list[str]) -> int:
    django = subprocess.run([python, "-m", "django", "--version"], capture_output=True, text=True, check=True)
    print(f"Python {version_of(str(python))}, Django {django.stdout.strip()}", flush=True)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": ".ci"}
    conformance = subprocess.run([python, "-m", "tests.tasks.conformance"], cwd=ROOT, env=environment, check=False)
    pages = [f"tests/dashboard/test_{name}.py" for name in PAGES]
    chosen = [*(f"tests/{name}" for name in TESTS), *pages]
    servers = [python, "-m", "tests.servers", "--", python, "-m", "pytest"]
    tests = [*servers, "-n", jobs, *chosen, *arguments]
    return subprocess.run(tests, cwd=ROOT, check=False).returncode or conformance.returncode


def found() -> str | None:
    """The newest one. What is on the path may be a stand-in that only says what one could install."""
    programs = [str(path) for path in candidates()]
    return max((program for program in programs if new_enough(program)), key=version, default=None)


def candidates() -> Iterator[Path | str]:
    for minor in range(NEWEST[1], NEWEST[1] + 7):
        if on_path := shutil.which(f"python3.{minor}"):
            yield on_path
    yield sys.executable
    for place in PLACES:
        yield from Path.home().glob(place)


def fetched() -> str | None:
    try:
        uv = find_uv() or fetch_uv()
    except Stuck:
        return None
    wanted = ".".join(map(str, NEWEST))
    environment = os.environ | {"UV_PYTHON_INSTALL_DIR": str(ROOT / ".tools" / "python")}
    install = [str(uv), "python", "install", "--quiet", wanted]
    subprocess.run(install, env=environment, capture_output=True, check=False)
    programs = sorted((ROOT / ".tools" / "python").glob("cpython-*/bin/python3"))
    return next((str(program) for program in programs if new_enough(str(program))), None)


def new_enough(program: str) -> bool:
    return version(program) >= NEWEST


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
