"""A worker process that has done enough, or has grown too large, asks to be replaced."""

from __future__ import annotations

import math
import random
from typing import Final

import msgspec
import psutil

from queueing.errors import ConfigurationError

SPREAD: Final = 0.1
"""Part of a limit by which processes differ, so that not all are recycled at once."""
MIB: Final = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """0: no limit."""

    jobs: int = 0
    rss: int = 0
    """Bytes."""

    def __post_init__(self) -> None:
        if self.jobs < 0 or self.rss < 0:
            raise ConfigurationError("--max-jobs and --max-rss must be 0 (no limit) or more.")

    def __bool__(self) -> bool:
        return bool(self.jobs or self.rss)

    def jittered(self) -> Limits:
        part = random.uniform(1 - SPREAD, 1)  # noqa: S311
        return Limits(jobs=math.ceil(self.jobs * part), rss=round(self.rss * part))

    def exceeded(self, *, jobs: int, rss: int) -> str:
        """What has been reached, in words; "" for nothing."""
        if self.jobs and jobs >= self.jobs:
            return f"has run {jobs} jobs"
        if self.rss and rss >= self.rss:
            return f"has grown to {rss // MIB} MiB"
        return ""


def resident() -> int:
    """Bytes of memory that this process holds."""
    found: int = psutil.Process().memory_info().rss
    return found
