"""Durations as people type them: ``90``, ``10 s``, ``5 min``, ``1 h 30 m``."""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import gettext as _

UNITS: Final = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
PART: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.ASCII)


def seconds(text: str) -> float:
    """Seconds where no unit stands. Raises ValueError with what to say."""
    at, total = 0, 0.0
    text = text.strip().lower()
    while match := PART.match(text, at):
        unit = match[2] or "s"
        if unit not in UNITS:
            break
        total += float(match[1]) * UNITS[unit]
        at = match.end()
    if not text or at != len(text):
        raise ValueError(_("Write a duration such as 10 s, 5 min or 1 h 30 m."))
    return total


def written(value: float) -> str:
    """The shortest that :func:`seconds` reads back."""
    for unit in ("d", "h", "min"):
        if value and value % UNITS[unit] == 0:
            return f"{value / UNITS[unit]:g} {unit}"
    return f"{value:g} s"
