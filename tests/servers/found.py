"""Look for a thing in several ways; say where it was found, or everything that was tried."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias


def nothing_to_stop() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    where: str
    """A URL, or a path."""
    how: str
    """For a person: where it came from."""
    stop: Callable[[], None] = field(default=nothing_to_stop, repr=False)
    """Ends what was started for us; does nothing to what was there before."""


class Unavailable(Exception):
    """This way does not lead to it; the message says why."""


class NotFound(Exception):
    """No way led to it; the message says what was tried and what to do."""


Way: TypeAlias = Callable[[], Found]


def search(what: str, *, variable: str, check: Callable[[str], str], ways: Sequence[Way], remedy: str) -> Found:
    """``check`` takes an address and answers with the version behind it, or raises Unavailable.

    An address given in the environment is a decision: when it does not answer, nothing else is tried.
    """
    given = os.environ.get(variable)
    if given:
        try:
            return Found(where=given, how=f"{check(given)}, from {variable}")
        except Unavailable as exc:
            raise NotFound(f"{what}: {variable} is set to {given}, but {exc}.") from exc
    tried = [f"{variable} is not set"]
    for way in ways:
        try:
            return way()
        except Unavailable as exc:
            tried.append(str(exc))
    lines = "".join(f"\n  - {line}" for line in tried)
    raise NotFound(f"{what} was not found, and the tests need a real one. Tried:{lines}\n{remedy}")
