"""What the engine says, in the reader's language: its sentences remember what they are made of."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext, npgettext, pgettext

from dashboard.language import figure
from dashboard.wording import visible
from queueing.domain.saying import Figure, Said, said_by


def said(value: object) -> str:
    """Of an error or a text. What is no sentence of the engine stays as it is; what cannot be seen is written out."""
    if isinstance(value, BaseException):
        value = said_by(value)
    return visible(_said(value) if isinstance(value, Said) else str(value))


def _said(said: Said) -> str:
    text = _text(said)
    if said.values:
        text = text % {name: _value(name, value) for name, value in said.values.items()}
    return text.removeprefix(said.subject).lstrip()


def _text(said: Said) -> str:
    match said:
        case Said(others="", context=""):
            return gettext(said.text)
        case Said(others=""):
            return pgettext(said.context, said.text)
        case Said(context=""):
            return ngettext(said.text, said.others, said.amount)
        case _:
            return npgettext(said.context, said.text, said.others, said.amount)


def _value(name: str, value: str) -> str:
    match value:
        case Said():
            return _said(value)
        case Figure():
            return figure(value)
        case _:
            return value.removeprefix("console:") if name == "who" else value
