"""A payload from the words of a command line: JSON, or ``key=value`` pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.core.management.base import CommandError


def payload(words: Sequence[str]) -> Any:
    """Nothing is ``{}``. A value that is JSON is taken as such, else as text; ``key:=value`` insists on JSON and
    ``key=value`` with quotes, ``key='"5"'``, on text. Raises CommandError."""
    if not words:
        return {}
    if len(words) == 1 and words[0].lstrip()[:1] in ("{", "[", '"'):
        return _json(words[0], words[0])
    found: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise CommandError(f'{word!r} is neither JSON nor key=value. Quote JSON: \'{{"to": "a@example.org"}}\'.')
        if key.endswith(":"):
            found[key[:-1]] = _json(value, word)
        else:
            found[key] = _loose(value)
    return found


def _json(text: str, word: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as wrong:
        raise CommandError(f"{word!r} is not JSON: {wrong}.") from wrong


def _loose(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
