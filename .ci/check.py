"""Every check that needs no server, in one go: all of them run, and each that fails shows why."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import audit
import tidy
import vendor
from bootstrap import ROOT, find_uv
from reference import pages as reference_pages

BIN = Path(sys.executable).parent
# Settings as a developer has them: no secret is needed, and none is used.
ENVIRONMENT = {**os.environ, "DEBUG": "1", "NO_MKDOCS_2_WARNING": "1"}


class Failed(Exception):
    """The check found something; the message shows it."""


class NotDone(Exception):
    """The check could not be made, which is no fault of the code; the message says why, and nothing is taken for ok."""


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


def uv(*arguments: str) -> Callable[[], None]:
    def check() -> None:
        found = find_uv()
        if found is None:
            raise Failed("there is no uv: run `make check`, which fetches it")
        run(str(found), *arguments)

    return check


def templates() -> None:
    names = [name for name in tidy.tracked() if name.endswith(".html")]
    if names:
        run(str(BIN / "djade"), "--check", "--target-version", "5.2", *names)
        run(str(BIN / "djlint"), "--lint", "--quiet", *names)


def reference() -> None:
    behind = [name for name, text in reference_pages().items() if text != _read(ROOT / "docs" / "reference" / name)]
    if behind:
        raise Failed(f"docs/reference is behind the code in {', '.join(sorted(behind))}: run `make docs`")


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def tidiness() -> None:
    complaints = tidy.complaints()
    if complaints:
        raise Failed("\n".join(complaints))


def vendored() -> None:
    if complaints := vendor.wrong():
        raise Failed("\n".join(f"static/vendor: {each}" for each in complaints))


def advisories() -> None:
    try:
        found = audit.audit()
    except audit.Unanswered as why:
        raise NotDone(f"no advisories: {why}") from why
    if found.vulnerable:
        raise Failed("\n".join(found.vulnerable))
    if found.unaudited:
        raise NotDone(f"{found.audited} packages are well, nothing is known of {', '.join(found.unaudited)}")


CHECKS: dict[str, Callable[[], None]] = {
    "ruff": tool("ruff", "check", "--quiet", "."),
    "format": tool("ruff", "format", "--check", "--quiet", "."),
    "types": tool("mypy", "--no-error-summary"),
    "layers": tool("lint-imports", "--no-logo"),
    "templates": templates,
    "django": manage("check", "--fail-level", "WARNING"),
    "migrations": manage("makemigrations", "--check", "--dry-run"),
    "lock": uv("lock", "--check", "--quiet", "--python", sys.executable),
    "vendor": vendored,
    # In a process of its own: it sets Django up in another way.
    "translations": lambda: run(sys.executable, ".ci/messages.py", "--check"),
    "tidiness": tidiness,
    "reference": reference,
    "site": uv(
        *("run", "--quiet", "--python", sys.executable, "--isolated", "--only-group", "docs"),
        # Not --quiet: a warning that is not said would not count.
        *("mkdocs", "build", "--config-file", ".ci/mkdocs.yml"),
    ),
    "audit": advisories,
}
WAITS = {"audit"}
"""For the network, most of its time: begun first, waited for last."""


def main() -> int:
    failed = []
    waiting = ThreadPoolExecutor()
    begun = {name: waiting.submit(CHECKS[name]).result for name in WAITS}
    for name, check in CHECKS.items():
        began = time.monotonic()
        try:
            begun.get(name, check)()
        except NotDone as exc:
            print(f"{name:<12} NOT DONE: {exc}", flush=True)
        except Failed as exc:
            failed.append(name)
            print(f"{name:<12} FAILED\n{exc}\n", flush=True)
        else:
            print(f"{name:<12} ok  ({time.monotonic() - began:.1f} s)", flush=True)
    if failed:
        print(f"\nmake check: {', '.join(failed)} failed", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
