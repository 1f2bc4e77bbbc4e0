"""What a look at settings and servers has found. docs/checks.md lists every id."""

from __future__ import annotations

from typing import Final

import msgspec

OLDEST_REDIS: Final = (6, 2)
OLDEST_RABBITMQ: Final = (3, 10)
MOST_SKEW: Final = 1.0
"""Seconds by which a host's clock may differ from the store's."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    """``E…``: it does not work. ``W…``: it works, and may cost jobs or secrets one day."""
    text: str
    hint: str
    """What to do."""

    @property
    def is_error(self) -> bool:
        return self.id.startswith("E")


def too_old(version: str, oldest: tuple[int, ...]) -> bool:
    """False where the version does not say."""
    numbers = [int(part) for part in version.split(".")[: len(oldest)] if part.isdigit()]
    return bool(numbers) and tuple(numbers) < oldest
