"""Where the tests' browser is."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.servers import debian
from tests.servers.found import Found, Unavailable, search

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
"""Debian's shell first: the same engine without the frame around pages, at a quarter of the price of a new window."""
FOLDERS = (Path("/Applications/Google Chrome.app/Contents/MacOS"), Path("/Applications/Chromium.app/Contents/MacOS"))
REMEDY = (
    "Do one of these:\n"
    "  - install it: `apt-get install chromium`, or `playwright install chromium`;\n"
    "  - name an installed one: LEVERET_TEST_CHROMIUM=/path/to/chromium (Chrome and Edge serve as well)"
)


def find() -> Found:
    return search(
        "Chromium",
        variable="LEVERET_TEST_CHROMIUM",
        check=version,
        ways=[_installed, _playwrights_own, _from_debian],
        remedy=REMEDY,
    )


def _installed() -> Found:
    places = [shutil.which(name) for name in NAMES]
    places += [str(folder / name) for folder in FOLDERS for name in ("Google Chrome", "Chromium")]
    return _first([Path(place) for place in places if place and Path(place).exists()], "installed")


def _playwrights_own() -> Found:
    default = Path.home() / ("Library/Caches" if os.uname().sysname == "Darwin" else ".cache") / "ms-playwright"
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or default)
    return _first(sorted(cache.glob("chromium-*/chrome-*/chrome"), reverse=True), "installed by playwright")


def _from_debian() -> Found:
    try:
        debian.install("chromium-headless-shell")
    except Unavailable:
        debian.install("chromium")  # Older releases have no other.
    return _installed()


def _first(places: list[Path], how: str) -> Found:
    refused = []
    for place in places:
        try:
            return Found(where=str(place), how=f"{version(str(place))}, {how}")
        except Unavailable as exc:
            refused.append(f"{place}: {exc}")
    raise Unavailable("; ".join(refused) or f"no Chromium or Chrome is {how}")


def version(path: str) -> str:
    """Runs it, because some packages of that name only print that it must be had elsewhere (Ubuntu's snap)."""
    try:
        finished = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise Unavailable(f"it does not run ({exc})") from exc
    if finished.returncode != 0 or not finished.stdout.strip():
        words = (finished.stderr or finished.stdout).strip().splitlines()
        raise Unavailable(f"it does not run ({words[-1] if words else f'exit code {finished.returncode}'})")
    return finished.stdout.strip().splitlines()[-1].strip()
