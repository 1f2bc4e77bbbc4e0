"""The texts of the scripts in ``static/console``, for the page to hand to them: ``words.js`` looks them up there."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy

from dashboard.wording import MONTHS

TEXTS = {
    # badge.js
    "Connecting": gettext_lazy("Connecting"),
    "The page shows the moment it was loaded": gettext_lazy("The page shows the moment it was loaded"),
    "Live": gettext_lazy("Live"),
    "Updates arrive as they happen": gettext_lazy("Updates arrive as they happen"),
    "Polling": gettext_lazy("Polling"),
    "The store announces no changes; the console asks every second whether there are any": gettext_lazy(
        "The store announces no changes; the console asks every second whether there are any"
    ),
    "Partly live": gettext_lazy("Partly live"),
    "What is grey is old: its server does not answer": gettext_lazy("What is grey is old: its server does not answer"),
    "Not live": gettext_lazy("Not live"),
    "The store does not answer": gettext_lazy("The store does not answer"),
    "Held": gettext_lazy("Held"),
    "Updates wait until you let go of the selection": gettext_lazy("Updates wait until you let go of the selection"),
    "Resting": gettext_lazy("Resting"),
    "The tab was hidden": gettext_lazy("The tab was hidden"),
    "The connection to the console is lost": gettext_lazy("The connection to the console is lost"),
    "The connection to the console is lost.": gettext_lazy("The connection to the console is lost."),
    "since %(time)s": gettext_lazy("since %(time)s"),
    "What you see is from %(time)s and does not change.": gettext_lazy(
        "What you see is from %(time)s and does not change."
    ),
    # live.js
    "Load again": gettext_lazy("Load again"),
    "This page is from before a change": gettext_lazy("This page is from before a change"),
    "It is not live any more.": gettext_lazy("It is not live any more."),
    "unknown": gettext_lazy("unknown"),
    "next try in %(age)s": gettext_lazy("next try in %(age)s"),
    "trying": gettext_lazy("trying"),
    "You are logged out.": gettext_lazy("You are logged out."),
    "Log in": gettext_lazy("Log in"),
    "Your account may not look at this any more.": gettext_lazy("Your account may not look at this any more."),
    # times.js
    "%(day)s %(month)s": gettext_lazy("%(day)s %(month)s"),
    "%(date)s %(year)s": gettext_lazy("%(date)s %(year)s"),
    "now": pgettext_lazy("time", "now"),
    "%(age)s ago": gettext_lazy("%(age)s ago"),
    "in %(age)s": gettext_lazy("in %(age)s"),
    # actions.js, dialogs.js, send.js
    "Your account may not do this": gettext_lazy("Your account may not do this"),
    "Nothing was changed.": gettext_lazy("Nothing was changed."),
    "It is gone": gettext_lazy("It is gone"),
    "Its retention has ended, or somebody discarded it.": gettext_lazy(
        "Its retention has ended, or somebody discarded it."
    ),
    "It changed meanwhile": gettext_lazy("It changed meanwhile"),
    "Look at it again before you repeat this.": gettext_lazy("Look at it again before you repeat this."),
    "It was not done": gettext_lazy("It was not done"),
    "The console answered %(status)s.": gettext_lazy("The console answered %(status)s."),
    "Go on": gettext_lazy("Go on"),
    "No answer": gettext_lazy("No answer"),
    "The console does not answer. Whether it was done is not known; look before you repeat it.": gettext_lazy(
        "The console does not answer. Whether it was done is not known; look before you repeat it."
    ),
    # copy.js, jobs.js, search.js, theme.js, enqueue.js
    "Copied": gettext_lazy("Copied"),
    "The browser does not allow copying here": gettext_lazy("The browser does not allow copying here"),
    "Those that wait are called off, those that run are asked to stop. They can be run again.": gettext_lazy(
        "Those that wait are called off, those that run are asked to stop. They can be run again."
    ),
    "Records, logs and results are deleted. Nothing brings them back.": gettext_lazy(
        "Records, logs and results are deleted. Nothing brings them back."
    ),
    "Nothing selected": gettext_lazy("Nothing selected"),
    "Id copied": gettext_lazy("Id copied"),
    "%(looked)s jobs looked at, %(found)s found": gettext_lazy("%(looked)s jobs looked at, %(found)s found"),
    "Enqueue ? jobs": gettext_lazy("Enqueue ? jobs"),
    "Theme: %(theme)s": gettext_lazy("Theme: %(theme)s"),
    "system": pgettext_lazy("theme", "system"),
    "light": pgettext_lazy("theme", "light"),
    "dark": pgettext_lazy("theme", "dark"),
}
MANY: dict[str, Callable[[int], str]] = {
    "Cancel %(number)s jobs?": lambda n: ngettext("Cancel %(number)s job?", "Cancel %(number)s jobs?", n),
    "Cancel %(number)s jobs": lambda n: ngettext("Cancel %(number)s job", "Cancel %(number)s jobs", n),
    "Discard %(number)s jobs?": lambda n: ngettext("Discard %(number)s job?", "Discard %(number)s jobs?", n),
    "Discard %(number)s jobs": lambda n: ngettext("Discard %(number)s job", "Discard %(number)s jobs", n),
    "%(number)s jobs selected": lambda n: ngettext("%(number)s job selected", "%(number)s jobs selected", n),
    "%(number)s selected": lambda n: ngettext("%(number)s selected", "%(number)s selected", n),
    "Enqueue %(number)s jobs": lambda n: ngettext("Enqueue %(number)s job", "Enqueue %(number)s jobs", n),
}
ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}
"""A number of each of CLDR's categories, where a language has that category at all: browsers count by these."""


def script_words() -> SafeString:
    """Nothing where scripts speak the page's language by themselves."""
    return _script_words(get_language())


@lru_cache(16)
def _script_words(language: str | None) -> SafeString:
    found: dict[str, object] = {text: str(shown) for text, shown in TEXTS.items()}
    found |= {english: str(shown) for english, shown in zip(ENGLISH_MONTHS, MONTHS, strict=True)}
    found = {text: shown for text, shown in found.items() if shown != text}
    for text, forms in MANY.items():
        shown = {name: forms(number) for name, number in SAMPLES.items()}
        if shown["other"] != text:
            found[text] = shown
    return json_script(found, "script-words") if found else SafeString("")
