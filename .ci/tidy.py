"""What must not be in the repository: strays at the top, paths of somebody's machine, secrets.

A plain search for known shapes. It finds what slipped in by accident, not what is hidden.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

from bootstrap import ROOT

TOP = {
    *("manage.py", "pyproject.toml", "dashboard", "queueing", "templates", "static", "tests", "docker-compose.yml"),
    *("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "Dockerfile"),
    *("uv.lock", "docs", "benchmarks"),
}
"""And anything that begins with a dot."""

SHAPES = {
    "a path of one machine": re.compile(r"(?<![\w.$}-])/(?:root|work|home/[a-z]\w*|Users/\w+)/|\b[A-Z]:\\Users\\"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*$"),
    "an access token": re.compile(
        r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{36,}|github_pat_\w{40,}|xox[abprs]-[\w-]{10,}|sk_live_\w{16,}|pypi-AgE\w{40,})"
    ),
}
SHAPES_OUTSIDE_TESTS = {
    "a secret in a setting": re.compile(
        r"""(?i)^\s*(?:export\s+)?[A-Z_]*(?:SECRET|PASSWORD|TOKEN|API)_?(?:KEY)?\s*[:=]\s*["']?[A-Za-z0-9+/=_!@#%^&*-]{16,}["']?\s*$"""
    ),
    "a password in a URL": re.compile(
        r"\b(?:amqps?|rediss?|postgres\w*)://[^\s:/@{}]*:(?!guest@|password@)[^\s:/@${}]+@"
    ),
}
"""Tests need made-up ones, to see them masked."""

# Vendored files come as they are, and the lock file is full of hashes.
UNREAD = re.compile(r"^(?:static/vendor/|uv\.lock$)")


def complaints() -> list[str]:
    names = tracked()
    return [*_strays(names), *_shapes(names)]


def tracked() -> list[str]:
    """What is committed or about to be; in the work tree still."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _strays(names: list[str]) -> Iterator[str]:
    for top in sorted({name.partition("/")[0] for name in names}):
        if top not in TOP and not top.startswith("."):
            yield f"{top}: nothing of that name belongs at the top level (.ci/tidy.py has the list)"


def _shapes(names: list[str]) -> Iterator[str]:
    for name in names:
        if UNREAD.match(name):
            continue
        try:
            lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        shapes = SHAPES if name.startswith("tests/") else SHAPES | SHAPES_OUTSIDE_TESTS
        for number, line in enumerate(lines, 1):
            for what, shape in shapes.items():
                if shape.search(line):
                    yield f"{name}:{number}: looks like {what}: {line.strip()[:100]}"
