"""Long lists: a template is rendered once with gaps in it, and filled in for each row.

Django takes half a millisecond for a row of thirty tags, and most of what they come to is the same in every row. So a
row's template is given what rows differ in as :class:`Gap`, and the rest as it is; the result serves all rows that have
the rest in common, on this page and the next. What fills a gap is escaped as a template would.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache
from html import escape
from typing import Final, NoReturn

from django.conf import settings
from django.template import Context, Template
from django.template.loader import get_template
from django.urls import get_script_prefix, get_urlconf
from django.utils.safestring import SafeString
from django.utils.translation import get_language

OPENS, SHUTS = "\ue000", "\ue001"
"""From the private use area: no template of ours has them, and nothing else is rendered with the gaps open."""


class Gap(str):
    """Stands for a value. A template that asked what it is would be answered once for all rows: it may only show it."""

    was_asked = False

    def __new__(cls, name: str) -> Gap:
        return super().__new__(cls, f"{OPENS}{name}{SHUTS}")

    def _asked(self, *_: object) -> NoReturn:
        self.was_asked = True  # Django takes an error in a condition for "no"
        raise TypeError

    __bool__ = __len__ = __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = _asked
    __hash__ = str.__hash__


class Stencil:
    def __init__(self, html: str) -> None:
        first, *rest = html.split(OPENS)
        parts = [piece.split(SHUTS) for piece in rest]
        if SHUTS in first or any(len(part) != 2 or not part[0].isidentifier() for part in parts):
            raise ValueError("A filter has changed a gap: give the template the value as it is to be shown.")
        self._names: Final = tuple(dict.fromkeys(name for name, _text in parts))
        self._form: Final = _plain(first) + "".join(f"%({name})s{_plain(text)}" for name, text in parts)

    def fill(self, values: Mapping[str, str]) -> SafeString:
        return SafeString(self._form % {name: _shown(values[name]) for name in self._names})


def stencil(template: str, *gaps: str, **chosen: Hashable) -> Stencil:
    """The template finds the gaps as ``row.<name>``, and beside them ``chosen``: all that it may decide by."""
    # Loaded anew once its file has changed: it is another template then.
    loaded = get_template(template).template  # type: ignore[attr-defined]
    where = (get_language(), get_script_prefix(), get_urlconf() or settings.ROOT_URLCONF)
    return _cut(loaded, gaps, where, tuple(chosen.items()))


@lru_cache(1024)
def _cut(
    template: Template, gaps: tuple[str, ...], where: tuple[Hashable, ...], chosen: tuple[tuple[str, Hashable], ...]
) -> Stencil:
    return cut(template, gaps, dict(chosen))


def cut(template: Template, gaps: Iterable[str], chosen: Mapping[str, Hashable]) -> Stencil:
    row = {name: Gap(name) for name in gaps}
    html = template.render(Context({"row": row, **chosen}))
    if asked := [name for name, gap in row.items() if gap.was_asked]:
        raise TypeError(f"A template can show a gap of a stencil, and not decide by it: {', '.join(asked)}.")
    return Stencil(html)


def _shown(value: str) -> str:
    """As ``conditional_escape``, which asks more and takes four times as long."""
    return value if isinstance(value, SafeString) else escape(value)


def _plain(text: str) -> str:
    return text.replace("%", "%%")
