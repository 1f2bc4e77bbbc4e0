"""A value that was refused, as its error shows it."""

from __future__ import annotations

LONGEST = 200


def quoted(value: object, most: int = LONGEST) -> str:
    """Its repr, cut. An integer of thousands of digits has none: Python refuses to write it."""
    try:
        return f"{value!r:.{most}}"
    except ValueError:
        return "an integer of thousands of digits"
