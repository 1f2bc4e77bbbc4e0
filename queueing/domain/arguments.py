"""A job's payload, to be looked into: by a path, or for words. Decoded once, and only if it must be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from queueing.domain.secrets import hush, is_secret, is_secret_value

DEEPEST: Final = 64
"""Levels that are looked into."""


class Hidden:
    """In the place of a payload that is no JSON, or too deep for any decoder."""


class Leaf(NamedTuple):
    path: tuple[str, ...]
    value: Any
    """A word, number, string, or an empty container."""
    secret: bool


class Arguments:
    def __init__(self, payload: bytes, *, raw: bool = False) -> None:
        self._payload, self._raw = payload, raw
        self._decoded: Any = None
        self._ready = False

    @property
    def value(self) -> Any:
        if not self._ready:
            self._decoded, self._ready = self._decode(), True
        return self._decoded

    def _decode(self) -> Any:
        if self._raw:
            return Hidden()
        try:
            return msgspec.json.decode(self._payload)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return Hidden()

    def at(self, path: Sequence[str], *, revealed: bool = False) -> Iterator[Any]:
        """The values under a path. An item of a list is found with its number and without. What is masked is found
        only by those who may reveal it."""
        here: list[tuple[Any, bool]] = [(self.value, False)]
        for name in path[:DEEPEST]:
            here = [found for value, hidden in here for found in _step(value, name, hidden)]
        for value, hidden in here:
            for one in _items(value):
                if not isinstance(one, Hidden) and (revealed or not (hidden or _looks_secret(one))):
                    yield one

    def mention(self, words: str) -> bool:
        """Whether ``words`` (folded) stand in a key or a value that is shown."""
        if not self._may_mention(words):
            return False
        if self._raw:
            return words in hush(self._payload.decode(errors="replace")).casefold()
        return any(words in name.casefold() for name in _keys(self.value)) or any(
            words in _literal(leaf.value).casefold() for leaf in self.leaves() if not leaf.secret
        )

    def _may_mention(self, words: str) -> bool:
        """A look at the bytes: no decoding for the many that cannot match. Escapes may spell anything."""
        if not words.isascii() or b"\\" in self._payload or not self._payload.isascii():
            return True
        return words.encode() in self._payload.lower()

    def leaves(self) -> Iterator[Leaf]:
        """All values that hold no others, in the order in which they stand; of lists the items, without a number."""
        stack: list[tuple[tuple[str, ...], Any, bool]] = [((), self.value, False)]
        while stack:
            path, value, secret = stack.pop()
            if isinstance(value, dict) and value and len(path) < DEEPEST:
                stack += [
                    ((*path, name), below, secret or is_secret(name, kind_of(below)))
                    for name, below in reversed(value.items())
                ]
            elif isinstance(value, list) and value and len(path) < DEEPEST:
                stack += [(path, below, secret) for below in reversed(value)]
            elif not isinstance(value, Hidden):
                yield Leaf(path, value, secret or _looks_secret(value))


def kind_of(value: Any) -> str:
    """As :func:`queueing.domain.secrets.is_secret` names it."""
    if isinstance(value, str):
        return "string"
    if value is None or isinstance(value, bool):
        return "word"
    return "number" if isinstance(value, int | float) else "container"


def _step(value: Any, name: str, hidden: bool) -> Iterator[tuple[Any, bool]]:
    if isinstance(value, dict):
        if name in value:
            below = value[name]
            yield below, hidden or is_secret(name, kind_of(below))
    elif isinstance(value, list):
        if name.isascii() and name.isdecimal() and len(name) < 7 and int(name) < len(value):
            yield value[int(name)], hidden
        for one in _items(value):
            yield from _step(one, name, hidden)


def _items(value: Any) -> Iterator[Any]:
    """What stands in a list, and in the lists in it; anything else is its own only item."""
    stack = [value]
    while stack:
        here = stack.pop()
        if isinstance(here, list):
            stack += reversed(here)
        else:
            yield here


def _looks_secret(value: Any) -> bool:
    return isinstance(value, str) and is_secret_value(value)


def _keys(value: Any) -> Iterator[str]:
    """Of containers that are shown; the keys under a secret one are masked with it."""
    stack = [value]
    while stack:
        here = stack.pop()
        if isinstance(here, dict):
            for name, below in here.items():
                yield name
                if not is_secret(name, kind_of(below)):
                    stack.append(below)
        elif isinstance(here, list):
            stack += [one for one in here if isinstance(one, dict | list)]


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode() if not isinstance(value, dict | list) else ""
