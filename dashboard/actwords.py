"""Acts in the reader's language: their verbs, and what is said of one that is done. The log is written in English."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy, pgettext_lazy

from dashboard import wording
from dashboard.enginewords import said
from dashboard.statewords import capitalised

VERBS: Mapping[str, Promise] = {
    "add": pgettext_lazy("act", "add"),
    "cancel": pgettext_lazy("act", "cancel"),
    "cancel the rest of": pgettext_lazy("act", "cancel the rest of"),
    "change": pgettext_lazy("act", "change"),
    "command": pgettext_lazy("act", "command"),
    "discard": pgettext_lazy("act", "discard"),
    "enqueue": pgettext_lazy("act", "enqueue"),
    "export": pgettext_lazy("act", "export"),
    "free limit": pgettext_lazy("act", "free limit"),
    "lift limit": pgettext_lazy("act", "lift limit"),
    "limit": pgettext_lazy("act", "limit"),
    "log in": pgettext_lazy("act", "log in"),
    "log out": pgettext_lazy("act", "log out"),
    "mute": pgettext_lazy("act", "mute"),
    "note": pgettext_lazy("act", "note"),
    "pause": pgettext_lazy("act", "pause"),
    "purge": pgettext_lazy("act", "purge"),
    "remove": pgettext_lazy("act", "remove"),
    "replay": pgettext_lazy("act", "replay"),
    "resume": pgettext_lazy("act", "resume"),
    "retry": pgettext_lazy("act", "retry"),
    "reveal": pgettext_lazy("act", "reveal"),
    "run now": pgettext_lazy("act", "run now"),
    "search masked": pgettext_lazy("act", "search masked"),
    "set limit": pgettext_lazy("act", "set limit"),
    "start": pgettext_lazy("act", "start"),
    "undo": pgettext_lazy("act", "undo"),
    "unmute": pgettext_lazy("act", "unmute"),
}
RESULTS: Mapping[str, Promise] = {
    "started": pgettext_lazy("result of an act", "started"),
    "done": pgettext_lazy("result of an act", "done"),
    "partly": pgettext_lazy("result of an act", "partly"),
    "refused": pgettext_lazy("result of an act", "refused"),
    "failed": pgettext_lazy("result of an act", "failed"),
}

# By the verb's past, as the views name it; ``count`` is how many jobs, ``number`` the same as it is written.
DONE = {
    "Cancelled": ngettext_lazy("Cancelled %(number)s job.", "Cancelled %(number)s jobs.", "count"),
    "Discarded": ngettext_lazy("Discarded %(number)s job.", "Discarded %(number)s jobs.", "count"),
    "Queued": ngettext_lazy("Queued %(number)s job.", "Queued %(number)s jobs.", "count"),
    "Replayed": ngettext_lazy("Replayed %(number)s job.", "Replayed %(number)s jobs.", "count"),
    "Retried": ngettext_lazy("Retried %(number)s job.", "Retried %(number)s jobs.", "count"),
}
PARTLY = {
    "Cancelled": ngettext_lazy(
        "Cancelled %(number)s job, refused %(refused)s.", "Cancelled %(number)s jobs, refused %(refused)s.", "count"
    ),
    "Discarded": ngettext_lazy(
        "Discarded %(number)s job, refused %(refused)s.", "Discarded %(number)s jobs, refused %(refused)s.", "count"
    ),
    "Queued": ngettext_lazy(
        "Queued %(number)s job, refused %(refused)s.", "Queued %(number)s jobs, refused %(refused)s.", "count"
    ),
    "Replayed": ngettext_lazy(
        "Replayed %(number)s job, refused %(refused)s.", "Replayed %(number)s jobs, refused %(refused)s.", "count"
    ),
    "Retried": ngettext_lazy(
        "Retried %(number)s job, refused %(refused)s.", "Retried %(number)s jobs, refused %(refused)s.", "count"
    ),
}
NONE = {
    "Cancelled": ngettext_lazy("Cancelled none of %(number)s job.", "Cancelled none of %(number)s jobs.", "count"),
    "Discarded": ngettext_lazy("Discarded none of %(number)s job.", "Discarded none of %(number)s jobs.", "count"),
    "Queued": ngettext_lazy("Queued none of %(number)s job.", "Queued none of %(number)s jobs.", "count"),
    "Replayed": ngettext_lazy("Replayed none of %(number)s job.", "Replayed none of %(number)s jobs.", "count"),
    "Retried": ngettext_lazy("Retried none of %(number)s job.", "Retried none of %(number)s jobs.", "count"),
}
NOT = {
    "Cancelled": gettext_lazy("Not cancelled: %(why)s."),
    "Discarded": gettext_lazy("Not discarded: %(why)s."),
    "Queued": gettext_lazy("Not queued: %(why)s."),
    "Replayed": gettext_lazy("Not replayed: %(why)s."),
    "Retried": gettext_lazy("Not retried: %(why)s."),
}


def word(verb: str) -> str:
    """Of the audit log. Other verbs are as they were written: a project may book acts of its own."""
    return str(VERBS.get(verb, verb))


def label(verb: str) -> str:
    return capitalised(word(verb))


def result(name: str) -> str:
    return str(RESULTS.get(name, name))


def done(past: str, count: int) -> str:
    return str(DONE[past] % {"count": count, "number": wording.number(count)})


def partly(past: str, count: int, refused: int) -> str:
    return str(PARTLY[past] % {"count": count, "number": wording.number(count), "refused": wording.number(refused)})


def none_done(past: str, count: int) -> str:
    return str(NONE[past] % {"count": count, "number": wording.number(count)})


def not_done(past: str, why: str) -> str:
    return str(NOT[past]) % {"why": why}


def broken(verb: str) -> str:
    return _("%(act)s did not go through.") % {"act": label(verb)}


def in_part(error: object) -> str:
    """What the engine said, and what that leaves open."""
    return _("%(error)s It may have been done in part: look before you repeat it.") % {"error": said(error)}
