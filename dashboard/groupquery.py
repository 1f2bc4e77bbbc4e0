"""What the list of failure groups shows, as its URL says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from queueing.domain.failures import FailureGroup

TABS = {
    "open": pgettext_lazy("failures", "Open"),
    "muted": pgettext_lazy("failures", "Muted"),
    "quiet": pgettext_lazy("failures", "Gone quiet"),
}
SORTS = {
    "frequent": gettext_lazy("Most jobs first"),
    "recent": gettext_lazy("Last seen first"),
    "new": gettext_lazy("Newest first"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupQuery:
    show: str = "open"
    sort: str = "frequent"
    type: str = ""
    queue: str = ""
    words: str = ""
    """Stand in the exception, the message, the place or the type."""
    after: str = ""
    """The group that the page before ended with."""

    @classmethod
    def read(cls, values: QueryDict) -> GroupQuery:
        show, sort = values.get("show", ""), values.get("sort", "")
        return cls(
            show=show if show in TABS else "open",
            sort=sort if sort in SORTS else "frequent",
            type=values.get("type", ""),
            queue=values.get("queue", ""),
            words=values.get("q", "").strip(),
            after=values.get("after", ""),
        )

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> GroupQuery:
        """From the parameters of a live view."""
        return cls.read(QueryDict(str(params.get("query", ""))))

    def take_in(self) -> GroupQuery:
        """The words that are conditions become such; the others stay."""
        taken, left = self, []
        for word in self.words.split():
            key, _, value = word.partition(":")
            if value and key in ("type", "queue"):
                taken = replace(taken, **{key: value})
            else:
                left.append(word)
        return replace(taken, words=" ".join(left), after="")

    def fits(self, group: FailureGroup) -> bool:
        """Whatever tab it is in."""
        if (self.type and group.type != self.type) or (self.queue and self.queue not in group.queues):
            return False
        text = f"{group.type} {group.kind} {group.message} {group.pattern} {group.place} {group.note}".lower()
        return all(word in text for word in self.words.lower().split())

    def pick(self, groups: Iterable[FailureGroup], *, now: datetime) -> list[FailureGroup]:
        """Those that it shows, in its order."""
        return sorted((one for one in groups if one.stands(now) == self.show and self.fits(one)), key=self._order)

    def _order(self, group: FailureGroup) -> tuple[float, ...]:
        match self.sort:
            case "recent":
                return (-group.last_at.timestamp(),)
            case "new":
                return (-group.first_at.timestamp(),)
            case _:
                return (-group.open, -group.total, -group.last_at.timestamp())

    def url(self, **changes: str) -> str:
        """The list with these changes, from its first page unless one is named."""
        query = replace(self, **({"after": ""} | changes)).encoded()
        return reverse("dashboard:failures") + (f"?{query}" if query else "")

    def encoded(self) -> str:
        values = {
            "show": self.show if self.show != "open" else "",
            "sort": self.sort if self.sort != "frequent" else "",
            "type": self.type,
            "queue": self.queue,
            "q": self.words,
            "after": self.after,
        }
        return urlencode({key: value for key, value in values.items() if value})

    @property
    def params(self) -> dict[str, str]:
        """For live views: what is shown, without the place in it."""
        return {"query": replace(self, after="").encoded()}

    @property
    def narrowed(self) -> bool:
        return bool(self.type or self.queue or self.words)

    @property
    def cleared(self) -> str:
        return self.url(type="", queue="", words="")

    @property
    def terms(self) -> list[tuple[str, str, str]]:
        """Key, value, and the URL of the list without it."""
        return [(key, getattr(self, key), self.url(**{key: ""})) for key in ("type", "queue") if getattr(self, key)]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the form carries beside the words."""
        values = QueryDict(replace(self, after="", words="").encoded())
        return [(key, values[key]) for key in values]

    @property
    def order(self) -> str:
        return str(SORTS[self.sort])

    @property
    def nothing(self) -> str:
        """What a narrowed list says that has no row."""
        text = {"muted": _("No muted failure"), "quiet": _("No quiet failure")}.get(self.show, _("No failure"))
        # Each condition goes around what stands before it.
        if self.words:
            text = _("%(failure)s with “%(words)s”") % {"failure": text, "words": self.words}
        if self.type:
            text = _("%(failure)s of %(type)s") % {"failure": text, "type": self.type}
        if self.queue:
            text = _("%(failure)s in %(queue)s") % {"failure": text, "queue": self.queue}
        return text
