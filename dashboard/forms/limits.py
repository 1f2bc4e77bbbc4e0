"""The limits that a schema sets, checked beside each other so that all fields can say what is wrong at once.

Patterns and formats are left to msgspec, whose word is the last one anyway.
"""

from __future__ import annotations

from typing import Any

from dashboard.forms.shapes import Shape


def broken(shape: Shape, value: Any) -> str | None:
    limits = shape.limits
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _number(limits, value)
    if isinstance(value, str):
        return _size(limits, len(value), "Length", "character")
    if isinstance(value, list):
        return _size(limits, len(value), "Items", "item")
    return None


def _number(limits: dict[str, Any], value: float) -> str | None:
    match limits:
        case {"minimum": low} if value < low:
            return f"This must be {low:g} or more."
        case {"maximum": high} if value > high:
            return f"This must be {high:g} or less."
        case {"exclusiveMinimum": low} if value <= low:
            return f"This must be more than {low:g}."
        case {"exclusiveMaximum": high} if value >= high:
            return f"This must be less than {high:g}."
    return None


def _size(limits: dict[str, Any], size: int, what: str, unit: str) -> str | None:
    low, high = limits.get(f"min{what}", 0), limits.get(f"max{what}")
    if size < low:
        return f"{low} {unit}{'' if low == 1 else 's'} or more, not {size}."
    if high is not None and size > high:
        return f"{high} {unit}{'' if high == 1 else 's'} at most, not {size}."
    return None
