"""The tests that touch Django, on the newest Python at hand and the newest Django that uv.lock has for it.

A machine without such a Python, where uv cannot get one either, is told so; the tests of the Python that it has are run
by `make test` all the same. A Python that is named (NEWEST=…) has to be there.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bootstrap import ROOT
from pythons import fetched, newest, version_of

NEWEST = (3, 13)
TESTS = ("tasks", "jobs", "commands", "sync", "testing", "exposition")
LONGER = ("docs", "checks")
"""They take half of the time, and few of their lines are Django's: --brief leaves them out."""
PAGES = ("access", "alerts", "login", "security_headers", "settings")
"""Of tests/dashboard: every URL as an outsider and as each group, and what leans on Django's own most."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default="", help="this one, in place of one that is looked for")
    parser.add_argument("--jobs", default="4", help="tests at a time")
    parser.add_argument("--brief", action="store_true", help="the half that leans on Django most")
    parser.add_argument("arguments", nargs="*", help="for pytest")
    options = parser.parse_args()
    named = options.python if version_of(options.python) else None
    python = named if options.python else newest(NEWEST) or fetched(NEWEST)
    if python is None:
        where = f"{options.python} is not" if options.python else "no Python 3.13 or newer is"
        print(f"test-newest: NOT DONE: {where} on this machine, and uv could not get one.", file=sys.stderr)
        return 1 if options.python else 0
    venv = ROOT / f".venv-python{version_of(python)}"
    made = subprocess.run([python, ".ci/bootstrap.py", "--venv", venv.name, "--dev"], cwd=ROOT, check=False)
    return made.returncode or run(venv / "bin" / "python", options)


def run(python: Path, options: argparse.Namespace) -> int:
    django = subprocess.run([python, "-m", "django", "--version"], capture_output=True, text=True, check=True)
    print(f"Python {version_of(str(python))}, Django {django.stdout.strip()}", flush=True)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": ".ci"}
    conformance = subprocess.run([python, "-m", "tests.tasks.conformance"], cwd=ROOT, env=environment, check=False)
    pages = [f"tests/dashboard/test_{name}.py" for name in PAGES]
    folders = TESTS if options.brief else TESTS + LONGER
    chosen = [*(f"tests/{name}" for name in folders), *pages]
    servers = [python, "-m", "tests.servers", "--", python, "-m", "pytest"]
    tests = [*servers, "-n", options.jobs, *chosen, *options.arguments]
    return subprocess.run(tests, cwd=ROOT, check=False).returncode or conformance.returncode


if __name__ == "__main__":
    sys.exit(main())
