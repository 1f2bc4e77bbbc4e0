"""What parsers have against a text, as sentences that other languages can say: msgspec's, ``json``'s and cronsim's.

They are known by their wording. What is not known stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from queueing.domain.saying import Figure, Said, foreign, say

Maker: TypeAlias = Callable[..., Said]

_PLACE: Final = re.compile(r"(?s)(?P<text>.*) - at `(?P<place>[^`]*)`")


def misfit(message: str) -> str:
    """Of msgspec: ``Expected `int`, got `str` - at `$.count```."""
    if placed := _PLACE.fullmatch(message):
        return say("%(error)s - at %(place)s", error=_known(placed["text"]), place=f"`{placed['place']}`")
    return _known(message)


def malformed(message: str) -> str:
    """Of ``json``: ``Expecting value``."""
    return _JSON.get(message, message)


def uncron(message: str) -> str:
    """Of cronsim, in the middle of a sentence."""
    return _CRON.get(message, message[:1].lower() + message[1:])


def _known(message: str) -> str:
    for pattern, make in _MISFITS:
        if found := pattern.fullmatch(message):
            return make(**found.groupdict())
    return message


def _lengths(kind: str, sign: str, length: str) -> Said:
    figure = Figure(length)
    return (
        say("Expected %(kind)s of length %(length)s at most", kind=kind, length=figure)
        if sign == "<="
        else say("Expected %(kind)s of length %(length)s at least", kind=kind, length=figure)
    )


def _bounds(kind: str, sign: str, bound: str) -> Said:
    return say("Expected %(kind)s %(sign)s %(bound)s", kind=kind, sign=sign, bound=Figure(bound))


def _torn(error: str, at: str) -> Said:
    return say("JSON is malformed: %(error)s (byte %(at)s)", error=foreign(_TORN.get(error, error)), at=Figure(at))


_MISFITS: Final[tuple[tuple[re.Pattern[str], Maker], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), make)
    for pattern, make in (
        (
            r"Expected `(?P<kind>array|object)` of length (?P<low>\d+) to (?P<high>\d+)(?:, got (?P<got>\d+))?",
            lambda kind, low, high, got: say(
                "Expected %(kind)s of length %(low)s to %(high)s",
                kind=f"`{kind}`", low=Figure(low), high=Figure(high),
            ),
        ),
        (
            r"Expected `(?P<kind>array)` of length (?P<length>\d+)(?:, got (?P<got>\d+))?",
            lambda kind, length, got: say(
                "Expected %(kind)s of length %(length)s", kind=f"`{kind}`", length=Figure(length)
            ),
        ),
        (
            r"Expected `(?P<kind>array)` of at (?P<sign>least|most) length (?P<length>\d+)(?:, got (?P<got>\d+))?",
            lambda kind, sign, length, got: _lengths(f"`{kind}`", {"least": ">=", "most": "<="}[sign], length),
        ),
        (
            r"Expected (?P<kind>`\w+`) of length (?P<sign>[<>]=) (?P<length>\d+)",
            _lengths,
        ),
        (
            r"Expected (?P<kind>`\w+`) matching regex (?P<pattern>.*)",
            lambda kind, pattern: say("Expected %(kind)s matching regex %(pattern)s", kind=kind, pattern=pattern),
        ),
        (
            r"Expected (?P<kind>`\w+`) that's a multiple of (?P<step>\S+)",
            lambda kind, step: say("Expected %(kind)s that is a multiple of %(step)s", kind=kind, step=Figure(step)),
        ),
        (
            r"Expected (?P<kind>`\w+`) with a timezone component",
            lambda kind: say("Expected %(kind)s with a time zone", kind=kind),
        ),
        (
            r"Expected (?P<kind>`\w+`) with no timezone component",
            lambda kind: say("Expected %(kind)s without a time zone", kind=kind),
        ),
        (r"Expected (?P<kind>`\w+`) (?P<sign>[<>]=?) (?P<bound>\S+)", _bounds),
        (
            r"Expected (?P<kind>`[^`]+`), got (?P<got>`[^`]+`)",
            lambda kind, got: say("Expected %(kind)s, got %(got)s", kind=kind, got=got),
        ),
        (r"Expected (?P<kind>`[^`]+`)", lambda kind: say("Expected %(kind)s", kind=kind)),
        (
            r"Object missing required field (?P<name>`[^`]*`)",
            lambda name: say("Object missing required field %(name)s", name=name),
        ),
        (
            r"Object contains unknown field (?P<name>`.*`)",
            lambda name: say("Object contains unknown field %(name)s", name=name),
        ),
        (r"Invalid (?:enum )?value (?P<value>.*)", lambda value: say("%(value)s is none of the values", value=value)),
        (r"Invalid RFC3339 encoded (?P<kind>\w+)", lambda kind: say("Invalid %(kind)s", kind=f"`{kind}` (RFC 3339)")),
        (r"Invalid ISO8601 duration", lambda: say("Invalid %(kind)s", kind="`duration` (ISO 8601)")),
        (r"Invalid UUID(?: bytes)?", lambda: say("Invalid %(kind)s", kind="`UUID`")),
        (r"Invalid base64 encoded string", lambda: say("Invalid %(kind)s", kind="`bytes` (Base64)")),
        (r"Invalid decimal string", lambda: say("Invalid %(kind)s", kind="`decimal`")),
        (r"Invalid epoch timestamp", lambda: say("Invalid %(kind)s", kind="`datetime`")),
        (r"(?:Duration|Timestamp|Integer value|Number) (?:is )?out of range", lambda: say("The value is out of range")),
        (r"Input data was truncated", lambda: say("The text ends too early")),
        (r"JSON is malformed: (?P<error>.*) \(byte (?P<at>\d+)\)", _torn),
    )
)  # fmt: skip

_TORN: Final[Mapping[str, str]] = {
    "expected ',' or ']'": say("expected %(what)s", what="',' or ']'"),
    "expected ',' or '}'": say("expected %(what)s", what="',' or '}'"),
    "expected '\"'": say("expected %(what)s", what="'\"'"),
    "expected ':'": say("expected %(what)s", what="':'"),
    "invalid character": say("invalid character"),
    "invalid escaped character": say("invalid escape"),
    "invalid escape character in string": say("invalid escape"),
    "invalid character in unicode escape": say("invalid escape"),
    "unexpected end of hex escape": say("invalid escape"),
    "unexpected end of escaped utf-16 surrogate pair": say("invalid escape"),
    "invalid utf-16 surrogate pair": say("invalid escape"),
    "invalid number": say("invalid number"),
    "object keys must be strings": say("object keys must be strings"),
    "trailing characters": say("something follows its end"),
    "trailing comma in array": say("comma before the end"),
    "trailing comma in object": say("comma before the end"),
}
_JSON: Final[Mapping[str, str]] = {
    "Expecting value": say("a value is missing"),
    "Expecting property name enclosed in double quotes": say("a name in double quotes is missing"),
    "Expecting ':' delimiter": say("%(sign)s is missing", sign="':'"),
    "Expecting ',' delimiter": say("%(sign)s is missing", sign="','"),
    "Unterminated string starting at": say("a string without end begins"),
    "Invalid control character at": say("invalid character"),
    "Invalid \\escape": say("invalid escape"),
    "Invalid \\uXXXX escape": say("invalid escape"),
    "Extra data": say("something follows its end"),
    "Illegal trailing comma before end of object": say("comma before the end"),
    "Illegal trailing comma before end of array": say("comma before the end"),
}
_CRON: Final[Mapping[str, str]] = {
    "Bad second": say("bad second"),
    "Bad minute": say("bad minute"),
    "Bad hour": say("bad hour"),
    "Bad day-of-month": say("bad day-of-month"),
    "Bad month": say("bad month"),
    "Bad day-of-week": say("bad day-of-week"),
    "Wrong number of fields": say("wrong number of fields"),
}
