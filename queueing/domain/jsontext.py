"""JSON text of values, and what JSON text cannot hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from math import isfinite
from typing import Any, Final

import msgspec

from queueing.domain.saying import number, say
from queueing.errors import InvalidPayload

MAX_DEPTH: Final = 100
"""Arrays and objects within each other. Decoders, here and in other languages, give up somewhere between some hundred
and a thousand, and not all at the same depth: what one took must not be too deep for the next."""

_ENCODE_ERRORS: Final = (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError)
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
"""Up and down, as signed bytes."""
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


PAYLOAD: Final = say("The payload")


def encode_json(value: Any, *, what: str = PAYLOAD) -> bytes:
    """JSON text of anything msgspec can write. Raises InvalidPayload saying what cannot be written, and where."""
    try:
        text = msgspec.json.encode(value, enc_hook=_no_way)
    except _ENCODE_ERRORS as wrong:
        raise InvalidPayload(say("%(what)s is not JSON: %(error)s", what=what, error=str(wrong))) from wrong
    # Only a text with a null in it can hide a number that JSON has no word for.
    if b"null" in text and (lost := not_finite(value)):
        raise InvalidPayload(
            say("%(what)s is not JSON: it has %(lost)s. Give None or text instead.", what=what, lost=lost)
        )
    if too_deep(text):
        raise InvalidPayload(
            say(
                "%(what)s is nested deeper than %(levels)s levels. Flatten it, or pass a reference to it.",
                what=what, levels=number(MAX_DEPTH),
            )
        )  # fmt: skip
    return text


def not_finite(value: Any) -> str:
    """The first NaN or infinity and its path, ``nan at $.sizes[1]``; "" for none. msgspec writes null for them."""
    try:
        plain = msgspec.to_builtins(value, enc_hook=_no_way)
    except TypeError:
        return ""  # it holds msgspec.Raw, JSON text of the caller's own
    if not _hides_any(plain):
        return ""  # as nearly always, and without a path for each value
    return next(f"{number} at {path}" for path, number in _floats(plain) if not isfinite(number))


def too_deep(text: bytes) -> bool:
    """Whether JSON text has more than MAX_DEPTH levels. In linear time, whatever the text: it is looked at on the event
    loop, and anybody may have sent it."""
    if len(text) <= 2 * MAX_DEPTH or text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return False
    steps = _without_strings(text).translate(_STEPS, _NOT_BRACKETS)
    return max(accumulate(memoryview(steps).cast("b")), default=0) > MAX_DEPTH


def _without_strings(text: bytes) -> bytes:
    """The brackets within them are no levels."""
    if b"\\" in text:
        return _STRING.sub(b"", text)
    return b"".join(text.split(b'"')[::2])


def _hides_any(plain: Any) -> bool:
    waiting = [plain]
    while waiting:
        value = waiting.pop()
        kind = type(value)
        if kind is dict:
            waiting += value.values()
        elif kind is list or kind is tuple or kind is set or kind is frozenset:
            waiting += value
        elif isinstance(value, float) and not isfinite(value):
            return True
    return False


def _floats(plain: Any) -> Iterator[tuple[str, float]]:
    waiting: list[tuple[str, Any]] = [("$", plain)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, float):
            yield path, value
        elif isinstance(value, dict):
            waiting += [(f"{path}.{key}", inner) for key, inner in reversed(value.items())]
        elif isinstance(value, list | tuple | set | frozenset):
            waiting += [(f"{path}[{number}]", inner) for number, inner in reversed(list(enumerate(value)))]


def _no_way(value: Any) -> Any:
    raise TypeError(
        f"{type(value).__module__}.{type(value).__qualname__} cannot be written as JSON. "
        "Pass ids and plain values, and load objects in the handler."
    )
