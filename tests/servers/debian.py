"""Install Debian's (or Ubuntu's) package, as root only, without letting it start a service."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.servers.found import Unavailable

POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian's hook: asked before a package starts its service. 101 means "do not"."""

INSTALL_TIMEOUT = 900
_lists_are_fresh = False


def install(package: str) -> None:
    if not shutil.which("apt-get"):
        raise Unavailable(f"there is no apt-get to install {package} with")
    if os.geteuid() != 0:
        raise Unavailable(f"installing {package} by apt-get takes root")
    print(f"tests: installing {package} with apt-get …", file=sys.stderr, flush=True)
    with _no_services_started():
        _refresh_lists()
        _apt_get("install", "--yes", "--no-install-recommends", package)


def _refresh_lists() -> None:
    global _lists_are_fresh
    if not _lists_are_fresh:
        _apt_get("update")
        _lists_are_fresh = True


@contextlib.contextmanager
def _no_services_started() -> Iterator[None]:
    """A container has no init, and a machine's own server is none of the tests' business."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def _apt_get(*arguments: str) -> None:
    try:
        finished = subprocess.run(
            ["apt-get", "--quiet", "--option", "DPkg::Lock::Timeout=300", *arguments],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise Unavailable(f"apt-get {arguments[0]} took longer than {INSTALL_TIMEOUT} s") from exc
    if finished.returncode != 0:
        last = (finished.stderr or finished.stdout).strip().splitlines()[-3:]
        raise Unavailable(f"apt-get {' '.join(arguments)} failed: {' / '.join(last)}")
