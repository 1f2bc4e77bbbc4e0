"""Names and matchers in PromQL, read without Prometheus: what is neither a string, a label list, a range, a number nor
a word of the language, is a metric."""

from __future__ import annotations

import re
from typing import NamedTuple

WORDS = {
    *("and", "or", "unless", "on", "ignoring", "group_left", "group_right", "by", "without", "offset", "bool", "inf"),
    *("sum", "min", "max", "avg", "count", "topk", "bottomk", "quantile", "stddev", "group", "count_values"),
}
TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<range>\[[^\]]*\])"""
    r"""|(?P<labels>\{)"""
    r"""|(?P<grouping>\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\))"""
    r"""|(?P<number>\b\d[\w.]*)"""
    r"""|(?P<call>\b[a-z_]+(?=\s*\())"""
    r"""|(?P<name>[a-zA-Z_:][\w:]*)"""
    r"""|(?P<other>[\s()/*+<>=!,.%^-]+)"""
)
MATCHER = re.compile(r"""\s*(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|(?=\}))""")
GROUPED = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")


class Selector(NamedTuple):
    name: str
    matchers: tuple[tuple[str, str, str], ...]


def selectors(text: str) -> list[Selector]:
    """Metrics that an expression reads. Raises ValueError at what is not understood: nothing is passed over."""
    found: list[Selector] = []
    at = 0
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None:
            raise ValueError(f"Not understood at {at}: {text[at : at + 30]!r} of {text!r}")
        at = token.end()
        if token.lastgroup == "labels":
            matchers, at = _matchers(text, at)
            if not found:
                raise ValueError(f"A selector without a name in {text!r}")
            found[-1] = Selector(found[-1].name, matchers)
        elif token.lastgroup == "name" and token[0].lower() not in WORDS:
            found.append(Selector(token[0], ()))
    return found


def grouping_labels(text: str) -> set[str]:
    return {label.strip() for inside in GROUPED.findall(text) for label in inside.split(",") if label.strip()}


def _matchers(text: str, at: int) -> tuple[tuple[tuple[str, str, str], ...], int]:
    found = []
    while matcher := MATCHER.match(text, at):
        found.append((matcher[1], matcher[2], matcher[3]))
        at = matcher.end()
    if text[at : at + 1] != "}":
        raise ValueError(f"Not understood at {at}: {text[at : at + 30]!r} of {text!r}")
    return tuple(found), at + 1
