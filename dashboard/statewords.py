"""States in the reader's language. What is stored, sent and stands in addresses stays the English word."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

JOB: Mapping[str, Promise] = {
    "scheduled": pgettext_lazy("state of a job", "scheduled"),
    "queued": pgettext_lazy("state of a job", "queued"),
    "running": pgettext_lazy("state of a job", "running"),
    "retrying": pgettext_lazy("state of a job", "retrying"),
    "succeeded": pgettext_lazy("state of a job", "succeeded"),
    "failed": pgettext_lazy("state of a job", "failed"),
    "cancelled": pgettext_lazy("state of a job", "cancelled"),
}
GLOSSES: Mapping[str, Promise] = {
    "scheduled": gettext_lazy("waits for its time"),
    "queued": gettext_lazy("waits for a worker"),
    "running": gettext_lazy("is being run by a worker"),
    "retrying": gettext_lazy("failed once or more, waits for its next attempt"),
    "succeeded": gettext_lazy("its handler returned"),
    "failed": gettext_lazy("has no attempts left, rests in the dead-letter queue"),
    "cancelled": gettext_lazy("was called off"),
}
"""The engine's glosses (``queueing.domain.states``), which a test holds them to."""
WORKER: Mapping[str, Promise] = {
    "running": pgettext_lazy("state of a worker", "running"),
    "quiet": pgettext_lazy("state of a worker", "quiet"),
    "stopping": pgettext_lazy("state of a worker", "stopping"),
    "gone": pgettext_lazy("state of a worker", "gone"),
}
OPERATION: Mapping[str, Promise] = {
    "waiting": pgettext_lazy("state of an operation", "waiting"),
    "running": pgettext_lazy("state of an operation", "running"),
    "paused": pgettext_lazy("state of an operation", "paused"),
    "done": pgettext_lazy("state of an operation", "done"),
    "cancelled": pgettext_lazy("state of an operation", "cancelled"),
    "undone": pgettext_lazy("state of an operation", "undone"),
}


def word(state: str) -> str:
    """Of a job. What is none is shown as it is."""
    return str(JOB.get(state, state))


def label(state: str) -> str:
    """As a heading, or on its own."""
    return capitalised(word(state))


def gloss(state: str) -> str:
    return str(GLOSSES[state])


def of_worker(state: str) -> str:
    return str(WORKER.get(state, state))


def of_operation(state: str) -> str:
    return str(OPERATION.get(state, state))


def capitalised(text: str) -> str:
    """Only the first letter: what follows may have its own capitals, in other languages."""
    return text[:1].upper() + text[1:]
