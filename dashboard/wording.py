"""How figures, times and foreign text are written. ``static/console/times.js`` says the same for what ticks."""

from __future__ import annotations

import re
from datetime import date as datetime_date
from datetime import datetime
from functools import lru_cache

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import get_language, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from dashboard.language import figure

NOTHING = "—"
MONTHS = (
    pgettext_lazy("short month", "Jan"),
    pgettext_lazy("short month", "Feb"),
    pgettext_lazy("short month", "Mar"),
    pgettext_lazy("short month", "Apr"),
    pgettext_lazy("short month", "May"),
    pgettext_lazy("short month", "Jun"),
    pgettext_lazy("short month", "Jul"),
    pgettext_lazy("short month", "Aug"),
    pgettext_lazy("short month", "Sep"),
    pgettext_lazy("short month", "Oct"),
    pgettext_lazy("short month", "Nov"),
    pgettext_lazy("short month", "Dec"),
)

# What a terminal, or a reader's eye, would obey instead of show: controls, invisible and bidirectional marks,
# lone surrogates (which could not even be encoded).
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def visible(text: str) -> str:
    """Foreign text with what cannot be seen written as ``\\u202e``."""
    return UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def number(value: float | None) -> str:
    """1,482,906; one decimal for fractions below 100."""
    if value is None:
        return NOTHING
    if isinstance(value, int) or value == int(value):
        return figure(f"{int(value):,}")
    return figure(f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}")


def short(value: float | None) -> str:
    """1.48 M: for tiles only."""
    if value is None:
        return NOTHING
    for limit, unit in ((1e9, "G"), (1e6, "M")):
        if abs(value) >= limit:
            return f"{figure(f'{value / limit:.2f}')} {unit}"
    return number(value)


def size(count: int | None) -> str:
    """612 B, 1.1 kB, 1.8 GB."""
    if count is None:
        return NOTHING
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):  # noqa: B007
        if abs(amount) < 999.5:
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{figure(f'{amount:.1f}')} {unit}"


def duration(seconds: float | None) -> str:
    """341 ms, 10.0 s, 1 m 48 s, 2 h 17 m, 3 d 4 h."""
    if seconds is None:
        return NOTHING
    if seconds < 0:
        seconds = 0.0
    if seconds < 0.0095:
        return f"{figure(f'{seconds * 1000:.1f}')} ms" if seconds else "0 ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{figure(f'{seconds:.1f}')} s"
    whole = round(seconds)
    for unit, length, part, lower in (("m", 60, "s", 1), ("h", 3600, "m", 60), ("d", 86400, "h", 3600)):
        if whole < length * (60 if unit == "m" else 24 if unit == "h" else 10**9):
            return f"{whole // length} {unit} {whole % length // lower} {part}"
    raise AssertionError


def age(seconds: float) -> str:
    """The distance of a time, in its largest unit: 4 s, 1 min, 3 h, 12 d."""
    whole = int(abs(seconds))
    if whole < 1:
        return pgettext("time", "now")
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 2 * 86400:
        return f"{whole // 3600} h"
    return f"{whole // 86400} d"


def relative(at: datetime, now: datetime) -> str:
    """4 s ago, in 2 min; within a second of now: now."""
    seconds = (now - at).total_seconds()
    if abs(seconds) < 1:
        return pgettext("time", "now")
    return (_("%(age)s ago") if seconds > 0 else _("in %(age)s")) % {"age": age(seconds)}


def day(at: datetime_date) -> str:
    """24 Nov."""
    return _("%(day)s %(month)s") % {"day": at.day, "month": MONTHS[at.month - 1]}


def date(at: datetime) -> str:
    """24 Nov 2026."""
    return _date(at.date(), get_language())


@lru_cache(256)
def _date(at: datetime_date, language: str | None) -> str:
    return _("%(date)s %(year)s") % {"date": day(at), "year": f"{at:%Y}"}


def weekday(at: datetime) -> str:
    """Tue 24 Nov 2026."""
    return _("%(weekday)s %(date)s") % {"weekday": WEEKDAYS_ABBR[at.weekday()], "date": date(at)}
