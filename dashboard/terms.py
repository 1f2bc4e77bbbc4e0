"""The language of the filter box: ``queue:media -error:Timeout args.user.id:123 "no answer"``. Grammar only.

A term is ``qualifier:value`` or plain text. A minus excludes it. A value, or a text, with blanks stands in double
quotes; in them, a backslash goes before a quote or a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

LONGEST = 2_000
"""Characters of a query; it has to fit into a URL."""
MOST = 30
"""Terms."""
WORD = re.compile(r'(?:[^\s"\\]|\\.|\\$|"(?:[^"\\]|\\.)*"?)+', re.DOTALL)
QUALIFIER = re.compile(r"(?P<key>[A-Za-z][\w-]*(?:\.[^\s:\"]*)?):(?P<value>.*)", re.DOTALL)
ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Term:
    key: str
    """Empty for text."""
    value: str
    excluded: bool = False

    def __str__(self) -> str:
        """As it is typed; reading it gives the same term."""
        value = quoted(self.value) if _needs_quotes(self) else self.value
        return f"{'-' if self.excluded else ''}{f'{self.key}:' if self.key else ''}{value}"


@dataclass(frozen=True, slots=True)
class Mistake:
    word: str
    """As it was typed."""
    start: int
    why: str

    @property
    def end(self) -> int:
        return self.start + len(self.word)


def words(text: str) -> Iterator[tuple[int, str]]:
    """Each with its place in the text."""
    for match in WORD.finditer(text):
        yield match.start(), match[0]


def read(text: str) -> tuple[list[tuple[str, int, Term]], list[Mistake]]:
    """Terms with the word and its place, in their order; and words that are none."""
    terms: list[tuple[str, int, Term]] = []
    mistakes: list[Mistake] = []
    for start, word in words(text[:LONGEST]):
        why = _('there is no end to what is quoted: add a " to it') if _is_open(word) else ""
        if not why and len(terms) == MOST:
            why = _("a filter has %(number)s terms at most") % {"number": MOST}
        term = _term(word)
        if not why and not term.value:
            why = (
                _("nothing stands after %(what)s") % {"what": f"{term.key}:"}
                if term.key
                else _("there is nothing to look for")
            )
        if why:
            mistakes.append(Mistake(word, start, why))
        else:
            terms.append((word, start, term))
    return terms, mistakes


def _term(word: str) -> Term:
    excluded = word.startswith("-") and len(word) > 1
    rest = word.removeprefix("-") if excluded else word
    match = QUALIFIER.fullmatch(rest)
    if match is None:
        return Term("", _plain(rest), excluded)
    key, dot, path = match["key"].partition(".")
    return Term(key.lower() + dot + path, _plain(match["value"]), excluded)


def _plain(text: str) -> str:
    """Without quotes and what guards them."""
    return "".join(
        ESCAPE.sub(r"\1", part[1:-1]) if part.startswith('"') else part
        for part in re.findall(r'"(?:[^"\\]|\\.)*"|[^"]+|"', text, re.DOTALL)
    )


def _is_open(word: str) -> bool:
    return '"' in re.sub(r'"(?:[^"\\]|\\.)*"', "", word, flags=re.DOTALL)


def _needs_quotes(term: Term) -> bool:
    value = term.value
    if not value or re.search(r'[\s"\\]', value):
        return True
    # Text that would be read as a qualifier, or as excluded.
    return not term.key and (value.startswith("-") or QUALIFIER.fullmatch(value) is not None)


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
