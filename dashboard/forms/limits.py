"""The limits that a schema sets, checked beside each other so that all fields can say what is wrong at once.

Patterns and formats are left to msgspec, whose word is the last one anyway.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.forms.shapes import Shape


def broken(shape: Shape, value: Any) -> str | None:
    limits = shape.limits
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _number(limits, value)
    if isinstance(value, str):
        return _length(limits, len(value))
    if isinstance(value, list):
        return _items(limits, len(value))
    return None


def _number(limits: dict[str, Any], value: float) -> str | None:
    match limits:
        case {"minimum": low} if value < low:
            return _("This must be %(number)s or more.") % {"number": f"{low:g}"}
        case {"maximum": high} if value > high:
            return _("This must be %(number)s or less.") % {"number": f"{high:g}"}
        case {"exclusiveMinimum": low} if value <= low:
            return _("This must be more than %(number)s.") % {"number": f"{low:g}"}
        case {"exclusiveMaximum": high} if value >= high:
            return _("This must be less than %(number)s.") % {"number": f"{high:g}"}
    return None


def _length(limits: dict[str, Any], size: int) -> str | None:
    low, high = limits.get("minLength", 0), limits.get("maxLength")
    if size < low:
        text = ngettext("%(low)s character or more, not %(size)s.", "%(low)s characters or more, not %(size)s.", low)
        return text % {"low": low, "size": size}
    if high is not None and size > high:
        text = ngettext("%(high)s character at most, not %(size)s.", "%(high)s characters at most, not %(size)s.", high)
        return text % {"high": high, "size": size}
    return None


def _items(limits: dict[str, Any], size: int) -> str | None:
    low, high = limits.get("minItems", 0), limits.get("maxItems")
    if size < low:
        text = ngettext("%(low)s item or more, not %(size)s.", "%(low)s items or more, not %(size)s.", low)
        return text % {"low": low, "size": size}
    if high is not None and size > high:
        text = ngettext("%(high)s item at most, not %(size)s.", "%(high)s items at most, not %(size)s.", high)
        return text % {"high": high, "size": size}
    return None
