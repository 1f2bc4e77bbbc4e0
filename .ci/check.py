"""Every check that needs no server, in one go: all of them run, and each that fails shows why."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import tidy
from bootstrap import ROOT, find_uv

BIN = Path(sys.executable).parent
# Settings as a developer has them: no secret is needed, and none is used.
ENVIRONMENT = {**os.environ, "DEBUG": "1"}


class Failed(Exception):
    """The check found something; the message shows it."""


def tool(name: str, *arguments: str) -> Callable[[], None]:
    return lambda: run(str(BIN / name), *arguments)


def manage(*arguments: str) -> Callable[[], None]:
    return lambda: run(sys.executable, "-W", "error", "manage.py", *arguments)


def run(*command: str) -> None:
    finished = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if finished.returncode != 0:
        raise Failed(finished.stdout.strip() or f"{command[0]} ended with code {finished.returncode}")


def lock() -> None:
    uv = find_uv()
    if uv is None:
        raise Failed("there is no uv: run `make check`, which fetches it")
    run(str(uv), "lock", "--check", "--quiet", "--python", sys.executable)


def templates() -> None:
    names = [name for name in tidy.tracked() if name.endswith(".html")]
    if names:
        run(str(BIN / "djade"), "--check", "--target-version", "5.2", *names)
        run(str(BIN / "djlint"), "--lint", "--quiet", *names)


def tidiness() -> None:
    complaints = tidy.complaints()
    if complaints:
        raise Failed("\n".join(complaints))


CHECKS: dict[str, Callable[[], None]] = {
    "ruff": tool("ruff", "check", "--quiet", "."),
    "format": tool("ruff", "format", "--check", "--quiet", "."),
    "types": tool("mypy", "--no-error-summary"),
    "layers": tool("lint-imports", "--no-logo"),
    "templates": templates,
    "django": manage("check", "--fail-level", "WARNING"),
    "migrations": manage("makemigrations", "--check", "--dry-run"),
    "lock": lock,
    "tidiness": tidiness,
}


def main() -> int:
    failed = []
    for name, check in CHECKS.items():
        began = time.monotonic()
        try:
            check()
        except Failed as exc:
            failed.append(name)
            print(f"{name:<11} FAILED\n{exc}\n", flush=True)
        else:
            print(f"{name:<11} ok  ({time.monotonic() - began:.1f} s)", flush=True)
    if failed:
        print(f"\nmake check: {', '.join(failed)} failed", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
