"""Limits of a queue and of the types that come through it, as the console shows and sets them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from dashboard import enginewords
from dashboard.forms import durations
from queueing.domain.limits import Limit, Scope
from queueing.errors import InvalidOptions
from queueing.inspector import Inspector

NUMBERS = ("concurrent", "rate", "burst")
LABELS = {
    "concurrent": gettext_lazy("Concurrent"),
    "rate": gettext_lazy("Rate"),
    "burst": gettext_lazy("Burst"),
}


@dataclass(frozen=True, slots=True)
class Row:
    scope: Scope
    limit: Limit | None
    by: str | None
    """Who fixed it; None: it is what code and settings say."""

    @property
    def who(self) -> str:
        return (self.by or "").removeprefix("console:")

    @property
    def text(self) -> str:
        return words(self.limit)


async def load(inspector: Inspector, queue: str, types: list[str]) -> list[Row]:
    """The queue's own first; of types also where they have none, so that one can be set."""
    limits, fixed = await asyncio.gather(inspector.limits(), inspector.fixed_limits())
    scopes = [Scope("queue", queue), *(Scope("type", name) for name in sorted(types))]
    return [Row(scope, limits.get(scope), fixed.get(scope)) for scope in scopes]


def words(limit: Limit | None) -> str:
    """``2 at a time, 100 per 60 s``, as the engine writes it."""
    return enginewords.said(limit.said) if limit is not None else pgettext("limit", "none")


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form."""

    values: Mapping[str, str]
    limit: Limit | None = None
    wrong: str = ""

    @classmethod
    def of(cls, limit: Limit | None) -> Typed:
        if limit is None:
            return cls({"concurrent": "", "rate": "", "per": "", "burst": "1"})
        per = durations.written(limit.per) if limit.per else ""
        numbers = {name: str(getattr(limit, name) or "") for name in NUMBERS}
        return cls(numbers | {"per": per}, limit)

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Typed:
        values = {name: str(given.get(name, "")).strip() for name in (*NUMBERS, "per")}
        try:
            numbers = {name: _number(name, values[name]) for name in NUMBERS}
            per = durations.seconds(values["per"]) if values["per"] and values["rate"] else None
            burst = numbers["burst"] if numbers["rate"] and numbers["burst"] else 1
            limit = Limit(concurrent=numbers["concurrent"], rate=numbers["rate"], per=per, burst=burst)
        except (InvalidOptions, ValueError) as wrong:
            return cls(values, wrong=enginewords.said(wrong))
        return cls(values, limit)


def _number(name: str, text: str) -> int | None:
    text = text.replace(",", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(_("%(name)s takes a whole number, not %(text)r.") % {"name": LABELS[name], "text": text[:40]})
    return int(text)
