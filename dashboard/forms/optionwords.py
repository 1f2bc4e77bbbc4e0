"""Names of a job's options in the reader's language, as they stand in a sentence or beside a value."""

from __future__ import annotations

from typing import Final

from django.utils.translation import pgettext_lazy

NAMES: Final = {
    "queue": pgettext_lazy("option", "queue"),
    "run": pgettext_lazy("option", "run"),
    "delay": pgettext_lazy("option", "delay"),
    "run_at": pgettext_lazy("option", "run at"),
    "count": pgettext_lazy("option", "count"),
    "over": pgettext_lazy("option", "over"),
    "max_attempts": pgettext_lazy("option", "max attempts"),
    "backoff": pgettext_lazy("option", "backoff"),
    "timeout": pgettext_lazy("option", "timeout"),
    "expires_at": pgettext_lazy("option", "expires at"),
    "priority": pgettext_lazy("option", "priority"),
    "tags": pgettext_lazy("option", "tags"),
    "unique_key": pgettext_lazy("option", "unique key"),
    "unique_for": pgettext_lazy("option", "unique for"),
    "retention": pgettext_lazy("option", "retention"),
    "meta": pgettext_lazy("option", "meta"),
}


def option_name(name: str) -> str:
    return str(NAMES.get(name, name.replace("_", " ")))
