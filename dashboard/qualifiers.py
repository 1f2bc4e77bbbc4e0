"""What the terms of the filter box mean: the table of qualifiers, what each takes, and the condition it becomes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dashboard.forms import durations
from dashboard.terms import Term
from queueing.domain.conditions import Argument, Condition, Measured, Named, Sign, Text
from queueing.domain.secrets import is_secret
from queueing.domain.states import JobState

SIGN = re.compile(r"(?P<sign>>=|<=|>|<|=)?(?P<rest>.*)", re.DOTALL)
ARGUMENT = "args"
COMPACT = re.compile(r"\d+(?:\.\d+)?(?:ms|s|m|min|h|d|w)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Qualifier:
    name: str
    means: str
    example: str
    icon: str

    @property
    def gloss(self) -> str:
        return _(self.means)


QUALIFIERS = {
    one.name: one
    for one in (
        Qualifier("state", gettext_noop("one of the seven states"), "state:failed", "list-details"),
        Qualifier("queue", gettext_noop("any of the queues named"), "queue:media", "stack-2"),
        Qualifier("type", gettext_noop("any of the job types named"), "type:send_email", "code"),
        Qualifier("tag", gettext_noop("all of the tags named"), "tag:eu", "tag"),
        Qualifier("error", gettext_noop("part of the error’s class or message"), "error:Timeout", "bug"),
        Qualifier("worker", gettext_noop("part of the name of its last worker"), "worker:app-01", "cpu"),
        Qualifier("args", gettext_noop("a value in the arguments, by its path"), "args.user.id:123", "code"),
        Qualifier("id", gettext_noop("part of the id"), "id:604b2c77", "list-details"),
        Qualifier("newer", gettext_noop("not longer ago than"), "newer:2h", "clock"),
        Qualifier("older", gettext_noop("longer ago than"), "older:2h", "clock"),
        Qualifier("since", gettext_noop("from this time on"), "since:2026-11-24T08:00", "calendar-time"),
        Qualifier("until", gettext_noop("up to this time"), "until:2026-11-24", "calendar-time"),
        Qualifier("attempts", gettext_noop("how many were begun"), "attempts:>3", "refresh"),
        Qualifier("comebacks", gettext_noop("replays that failed in the same way"), "comebacks:>1", "refresh"),
        Qualifier("waited", gettext_noop("how long it waited to run"), "waited:>10s", "hourglass"),
        Qualifier("ran", gettext_noop("how long its last attempt ran"), "ran:>2s", "hourglass"),
    )
}
ALIASES = {"is": "state", "within": "newer", "text": ""}


def wrong(term: Term) -> str:
    """What is wrong with the term, and what would be right; empty: nothing."""
    name, _dot, path = term.key.partition(".")
    if (path and name != ARGUMENT) or (term.key and name not in QUALIFIERS):
        return _unknown(name)
    match name:
        case "args":
            return _wrong_argument(term, path)
        case "state" if term.value not in tuple(JobState):
            return _("there is no such state: choose from %(choice)s") % {"choice": ", ".join(JobState)}
        case "newer" | "older":
            if term.excluded:
                return _instead("older" if name == "newer" else "newer")
            if span(term.value) is None:
                return no_age(name)
        case "since" | "until":
            if term.excluded:
                return _instead("until" if name == "since" else "since")
            if moment(term.value) is None:
                return no_time(QUALIFIERS[name].example)
        case "attempts" | "comebacks" | "waited" | "ran" if measure(term) is None:
            return _("that is no figure: write one as in %(example)s") % {"example": QUALIFIERS[name].example}
    return ""


def _unknown(name: str) -> str:
    near = get_close_matches(name, QUALIFIERS, n=1)
    if near:
        return _("there is no qualifier %(name)s: did you mean %(near)s:? Put it in quotes to look for the text") % {
            "name": name,
            "near": near[0],
        }
    return _("there is no qualifier %(name)s: choose from %(choice)s: Put it in quotes to look for the text") % {
        "name": name,
        "choice": ": ".join(QUALIFIERS),
    }


def _instead(name: str) -> str:
    return _("it cannot be excluded: use %(name)s: instead") % {"name": name}


def no_age(name: str) -> str:
    return _("that is no age: write a number and s, m, h, d or w, as in %(name)s:2h") % {"name": name}


def no_time(example: str) -> str:
    return _("that is no time: write one as in %(example)s") % {"example": example}


def _wrong_argument(term: Term, path: str) -> str:
    if not all(path.split(".")) and path:
        return _("the path has a gap: write it as in args.user.id:123")
    sign = SIGN.fullmatch(term.value)
    if sign and sign["sign"] and not sign["rest"]:
        return _("nothing stands after %(what)s") % {"what": sign["sign"]}
    return ""


def normal(term: Term) -> Term:
    """With the qualifier's proper name."""
    return Term(ALIASES.get(term.key, term.key), term.value, term.excluded)


def condition(term: Term, *, revealed: bool = False) -> Condition:
    """Of a term that nothing is wrong with, and that is not about time."""
    name, _dot, path = term.key.partition(".")
    match name:
        case "":
            return Text(value=term.value, excluded=term.excluded)
        case "args":
            sign, value = _signed(term.value)
            parts = tuple(path.split(".")) if path else ()
            return Argument(path=parts, sign=sign, value=value, excluded=term.excluded, revealed=revealed)
        case "attempts" | "comebacks" | "waited" | "ran":
            found = measure(term)
            if found is None:
                raise ValueError(f"{term} is no figure")
            return found
        case "id" | "queue" | "type" | "tag" | "worker" | "error" | "state":
            return Named(field=name, value=term.value, excluded=term.excluded)
        case _:
            raise ValueError(f"{term} is not a condition of the record")


def measure(term: Term) -> Measured | None:
    sign, rest = _signed(term.value)
    try:
        value = float(rest) if term.key in ("attempts", "comebacks") else durations.seconds(rest)
    except ValueError:
        return None
    if not math.isfinite(value) or term.key not in ("attempts", "comebacks", "waited", "ran"):
        return None
    return Measured(field=term.key, sign=sign, value=value, excluded=term.excluded)  # type: ignore[arg-type]


def _signed(text: str) -> tuple[Sign, str]:
    match = SIGN.fullmatch(text)
    if match is None:
        return "=", text
    return match["sign"] or "=", match["rest"]  # type: ignore[return-value]


def is_masked(term: Term) -> bool:
    """Whether it asks for something that pages mask by its name."""
    name, _dot, path = term.key.partition(".")
    return name == ARGUMENT and any(is_secret(part, "string") for part in path.split("."))


def span(text: str) -> timedelta | None:
    """``90m``, ``2h``, ``1.5d``, ``1w``."""
    if not COMPACT.fullmatch(text):
        return None
    try:
        weeks = text.endswith("w")
        found = timedelta(weeks=float(text[:-1])) if weeks else timedelta(seconds=durations.seconds(text))
    except (OverflowError, ValueError):
        return None
    return found if timedelta(0) < found < timedelta(days=36_500) else None


def moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else timezone.make_aware(found)
    except (ValueError, OverflowError):
        return None
