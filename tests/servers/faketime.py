"""A clock that is wrong, for one process: libfaketime, installed or from Debian's package."""

from __future__ import annotations

from pathlib import Path

from tests.servers import debian
from tests.servers.found import NotFound, Unavailable

PLACES = (
    *("/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime"),
    *("/usr/lib64/faketime", "/usr/local/lib/faketime"),
)


def off_by(seconds: int) -> dict[str, str]:
    """The environment of a process whose time of day is off by so much. Its monotonic clock stays right, as it does on
    a host whose clock is wrong."""
    return {"LD_PRELOAD": str(_library()), "FAKETIME": f"{seconds:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def _library() -> Path:
    found = _installed()
    if found is None:
        try:
            debian.install("faketime")
        except Unavailable as exc:
            raise NotFound(f"This test needs libfaketime, and {exc}. Install it: `apt-get install faketime`.") from exc
        found = _installed()
    if found is None:
        raise NotFound(f"Debian's faketime brought no libfaketime.so.1 into any of {', '.join(PLACES)}.")
    return found


def _installed() -> Path | None:
    return next((path for place in PLACES if (path := Path(place) / "libfaketime.so.1").exists()), None)
