"""What of a payload may be kept for another time: all that does not look secret."""

from __future__ import annotations

from typing import Any, Final

from dashboard.forms import names
from queueing.domain.secrets import hush, is_secret, is_secret_value

LEFT_OUT: Final = object()
DEEPEST: Final = 100
"""Levels; what lies deeper is left out unlooked at."""


def without_secrets(
    value: Any, name: str = names.ROOT, key: str = "", *, depth: int = DEEPEST
) -> tuple[Any, list[str]]:
    """``value`` without what looks secret, and the names of the inputs that lack it. All of it may be
    :data:`LEFT_OUT`. In a list an empty text stands in its place, for the others keep theirs."""
    if not depth or looks_secret(value, key):
        return LEFT_OUT, [name]
    if isinstance(value, dict):
        parts = {k: without_secrets(item, names.under(name, k), str(k), depth=depth - 1) for k, item in value.items()}
        kept: Any = {k: part for k, (part, _) in parts.items() if part is not LEFT_OUT}
        return kept, [place for _, places in parts.values() for place in places]
    if isinstance(value, list | tuple):
        items = [without_secrets(item, names.under(name, at), depth=depth - 1) for at, item in enumerate(value)]
        kept = ["" if part is LEFT_OUT else part for part, _ in items]
        return kept, [place for _, places in items for place in places]
    return value, []


def looks_secret(value: Any, key: str = "") -> bool:
    """Also a text that holds what does: ``password=…``."""
    if value in (None, "", {}, []) or isinstance(value, bool):
        return False
    kind = "number" if isinstance(value, int | float) else "string" if isinstance(value, str) else "container"
    if key and is_secret(key, kind):
        return True
    return isinstance(value, str) and (is_secret_value(value) or hush(value) != value)
