"""JSON for reading: indented, coloured, with secrets masked.

It works on tokens and never builds the value, so that neither depth nor size nor a duplicate key can hurt, and what
is shown is what was sent. Whatever is not JSON is shown as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext, pgettext

from dashboard import wording
from dashboard.wording import visible
from queueing.domain.secrets import hush, is_secret, is_secret_value

CUT = 64 * 1024
"""Characters shown before "Show all"."""
INDENT_DEPTH = 24
"""Deeper levels are indented no further: a hundred thousand brackets would otherwise be gigabytes of spaces."""
INLINE = 76
"""A container without containers in it stays on one line up to this length."""

TOKEN = re.compile(
    r'\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)'
    r"|(?P<word>true|false|null)|(?P<punct>[{}\[\],:]))",
    re.DOTALL,
)
DECODER, ENCODER = json.JSONDecoder(strict=False), json.JSONEncoder(ensure_ascii=False)
CLASSES = {"string": "s", "number": "n", "word": "w"}
CLOSING = {"{": "}", "[": "]"}


class Token(NamedTuple):
    kind: str
    text: str


@dataclass
class Shown:
    html: SafeString
    total: int
    """Characters of the whole."""
    cut: bool
    masked: int
    """How many values are hidden."""


def show(source: bytes | str, *, reveal: bool = False, limit: int | None = CUT) -> Shown:
    text = source.decode("utf-8", "backslashreplace") if isinstance(source, bytes) else source
    total = len(text)
    cut = limit is not None and total > limit
    tokens = list(_tokens(text[:limit] if cut else text))
    printer = Printer(tokens, reveal)
    for index, token in enumerate(tokens):
        printer.put(token, index)
    return Shown(mark_safe("".join(printer.out)), total, cut, printer.masked)  # noqa: S308  the printer escapes


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while match := TOKEN.match(text, at):
        at = match.end()
        kind = match.lastgroup or ""
        yield Token(kind, match[kind])
    if rest := text[at:].strip():
        yield Token("rest", rest)


@dataclass
class Level:
    bracket: str
    inline: bool
    key: str = ""
    awaits_key: bool = True
    empty: bool = True


@dataclass
class Printer:
    tokens: list[Token]
    reveal: bool
    out: list[str] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    hiding: int = 0
    """Depth of containers inside a masked one."""
    masked: int = 0

    def put(self, token: Token, index: int) -> None:
        if self.hiding:
            if token.text in CLOSING and token.kind == "punct":
                self.hiding += 1
            elif token.text in ("}", "]") and token.kind == "punct":
                self.hiding -= 1
            return
        match token:
            case Token("punct", "{" | "[" as bracket):
                self._before()
                if self._secret("container"):
                    self._mask(pgettext("JSON", "object") if bracket == "{" else pgettext("JSON", "list"))
                    self.hiding = 1
                else:
                    self.out.append(bracket)
                    self.levels.append(Level(bracket, _fits(self.tokens, index)))
            case Token("punct", "}" | "]" as bracket):
                level = self.levels.pop() if self.levels else Level("", True)
                if not level.empty and not (level.inline and bracket == "]"):
                    self.out.append(" " if level.inline else self._line())
                self.out.append(bracket)
            case Token("punct", ","):
                self.out.append(", " if self.levels and self.levels[-1].inline else ",")
                if self.levels:
                    self.levels[-1].awaits_key = True
            case Token("punct", ":"):
                self.out.append(": ")
            case Token("string", text) if self._is_key():
                self._before()
                level = self.levels[-1]
                level.key, level.awaits_key = _decoded(text), False
                self.out.append(_span("k", _legible(text)))
            case Token("rest", text):
                self._rest(text)
            case Token(kind, text):
                self._before()
                if self._secret(kind) or (not self.reveal and is_secret_value(text)):
                    self._mask(_characters(len(_decoded(text))) if kind == "string" else "")
                else:
                    self.out.append(_span(CLASSES[kind], _legible(text) if kind == "string" else text))

    def _is_key(self) -> bool:
        return bool(self.levels) and self.levels[-1].bracket == "{" and self.levels[-1].awaits_key

    def _before(self) -> None:
        """The break or blank before a key, or before an item of a list."""
        if not self.levels:
            return
        level = self.levels[-1]
        if level.bracket == "[" or level.awaits_key:
            if not level.inline:
                self.out.append(self._line())
            elif level.empty:
                self.out.append(" " if level.bracket == "{" else "")
            level.empty = False

    def _line(self) -> str:
        return "\n" + "  " * min(len(self.levels), INDENT_DEPTH)

    def _rest(self, text: str) -> None:
        """What is not JSON, or was cut off in the middle of a string."""
        if self._secret("string") or (not self.reveal and is_secret_value(text)):
            self._mask("")
        else:
            self.out.append(_span("c", visible(text if self.reveal else hush(text))))

    def _secret(self, kind: str) -> bool:
        if self.reveal or not self.levels or self.levels[-1].bracket != "{":
            return False
        return is_secret(self.levels[-1].key, kind)

    def _mask(self, what: str) -> None:
        self.masked += 1
        text = pgettext("a value", "masked")
        self.out.append(_span("mask", f"{text} · {what}" if what else text))


def _characters(count: int) -> str:
    return ngettext("%(number)s characters", "%(number)s characters", count) % {"number": wording.number(count)}


def _fits(tokens: list[Token], index: int) -> bool:
    length, start = 0, tokens[index].text
    for at in range(index + 1, min(len(tokens), index + 1 + INLINE)):
        token = tokens[at]
        if token.kind == "punct" and token.text == CLOSING[start]:
            return True
        if token.kind == "punct" and token.text in CLOSING:
            return False
        length += len(token.text) + 1
        if length > INLINE:
            return False
    return False


def _decoded(literal: str) -> str:
    if "\\" not in literal:
        return literal[1:-1]
    try:
        return str(DECODER.decode(literal))
    except ValueError:
        return literal[1:-1]


def _legible(literal: str) -> str:
    """The string with its letters as letters (``ä`` for ``\\u00e4``), and what cannot be seen as escapes."""
    if "\\" not in literal:
        return visible(literal)
    try:
        return visible(ENCODER.encode(DECODER.decode(literal)))
    except ValueError:
        return visible(literal)


def _span(classes: str, text: str) -> str:
    return f'<span class="{classes}">{escape(text)}</span>'
