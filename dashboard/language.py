"""In which language a page speaks, and how somebody chooses it.

It is Django's active one, so it is a project's own where the console is part of one. The choice is drawn where it has
an effect: with Django's LocaleMiddleware, which reads the cookie.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.utils.formats import get_format
from django.utils.translation import get_language, get_language_info

SOURCE = "en"
"""Of the texts in templates and modules."""
MIDDLEWARE = "django.middleware.locale.LocaleMiddleware"


class Language(NamedTuple):
    code: str
    name: str
    """In itself: Deutsch."""
    chosen: bool


@cache
def catalogs() -> frozenset[str]:
    """What the console can say."""
    folder = Path(__file__).with_name("locale")
    return frozenset({SOURCE, *(path.parent.parent.name for path in folder.glob("*/LC_MESSAGES/django.mo"))})


def spoken() -> str:
    """The language that the console's texts are in now. English where a project's language is none of ours: figures
    and ``<html lang>`` must be of the language that is read."""
    active = get_language() if settings.USE_I18N else None
    if not active:
        return SOURCE
    return next((code for code in (active, active.partition("-")[0]) if code in catalogs()), SOURCE)


def figure(text: str) -> str:
    """1,234.5 as the language writes it. For what is read; what a machine reads stays as it is."""
    language = spoken()
    point, comma = (get_format(kind, language) for kind in ("DECIMAL_SEPARATOR", "THOUSAND_SEPARATOR"))
    return text.translate({ord("."): str(point), ord(","): str(comma)})


def offered() -> list[Language]:
    """To choose from; empty where there is no choice."""
    if not settings.USE_I18N or MIDDLEWARE not in settings.MIDDLEWARE:
        return []
    now = spoken()
    codes = sorted({code for code, _name in settings.LANGUAGES} & catalogs())
    found = [Language(code, get_language_info(code)["name_local"].capitalize(), code == now) for code in codes]
    return found if len(found) > 1 else []
