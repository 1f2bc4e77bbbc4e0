"""What the page of the audit log shows: read from a URL, written back into one, and asked of the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import uuid_utils as uuids
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard import terms
from dashboard.bulk.records import Chunk
from dashboard.models import AuditEntry, AuditSubject
from dashboard.qualifiers import moment, no_age, no_time, span
from dashboard.terms import Mistake

WITHIN = {
    "1h": gettext_lazy("Last hour"),
    "24h": gettext_lazy("Last 24 h"),
    "7d": gettext_lazy("Last 7 days"),
    "30d": gettext_lazy("Last 30 days"),
}
ABOUT = ("job", "queue", "worker", "operation", "group", "schedule", "type")
KEYS = ("who", "did", "result", "from", *ABOUT, "newer", "since", "until")
"""Qualifiers of the filter box, and parameters of the URL."""
SAID = ("who", "verb", "target", "reason", "detail")
"""Where words are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    given: tuple[tuple[str, str], ...] = ()
    """Conditions, each key once."""
    words: tuple[str, ...] = ()
    """All of them stand somewhere in the entry."""
    before: int | None = None
    """The entry that a page of older ones follows."""
    after: int | None = None
    """The entry that a page of newer ones ends above."""
    mistakes: tuple[Mistake, ...] = ()

    @classmethod
    def read(cls, values: QueryDict) -> AuditQuery:
        typed = [str(terms.Term(key, value)) for key in KEYS if (value := values.get(key))]
        query = cls(before=_key(values.get("before", "")), after=_key(values.get("after", "")))
        return query.and_also(" ".join([*typed, *values.getlist("q")]))

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> AuditQuery:
        """From the parameters of a live view."""
        return cls.read(QueryDict(str(params.get("query", ""))))

    def and_also(self, text: str) -> AuditQuery:
        """With what was typed as well; a condition replaces the one of the same key."""
        found, mistakes = terms.read(text)
        given, words = dict(self.given), list(self.words)
        for word, start, term in found:
            if why := _wrong(term):
                mistakes.append(Mistake(word, start, why))
            elif term.key:
                given[term.key] = term.value
            elif term.value not in words:
                words.append(term.value)
        ordered = tuple((key, given[key]) for key in KEYS if key in given)
        return replace(self, given=ordered, words=tuple(words), mistakes=tuple(mistakes))

    def entries(self, *, now: datetime) -> QuerySet[AuditEntry]:
        """All that match, newest first, wherever the page is in them."""
        found = AuditEntry.objects.all()
        for key, value in self.given:
            found = found.filter(_condition(key, value, now))
        for word in self.words:
            found = found.filter(_any(Q(**{f"{name}__icontains": word}) for name in SAID))
        return found

    def url(self, **changes: Any) -> str:
        """The page with these changes, from its newest entry unless a place is given."""
        query = replace(self, **({"before": None, "after": None} | changes)).encoded()
        return reverse("dashboard:audit") + (f"?{query}" if query else "")

    def to(self, key: str, value: str) -> str:
        """The page with one condition changed; without a value: dropped."""
        given = dict(self.given) | {key: value}
        if key == "newer":
            given.pop("since", None)
            given.pop("until", None)
        return self.url(given=tuple((name, given[name]) for name in KEYS if given.get(name)))

    def encoded(self) -> str:
        places = {name: value for name in ("before", "after") if (value := getattr(self, name)) is not None}
        return urlencode({**dict(self.given), **({"q": self.q} if self.words else {}), **places})

    @property
    def q(self) -> str:
        """The words, as they are typed."""
        return " ".join(str(terms.Term("", word)) for word in self.words)

    @property
    def filtered(self) -> str:
        """Its conditions alone, as the URL has them."""
        return replace(self, before=None, after=None).encoded()

    def get(self, key: str) -> str:
        return dict(self.given).get(key, "")

    @property
    def narrowed(self) -> bool:
        return bool(self.given or self.words)

    @property
    def terms(self) -> list[tuple[str, str, str]]:
        """Key, value, and the URL of the page without it. A usual time is not among them: its picker says it."""
        found = [(key, value, self.to(key, "")) for key, value in self.given if key != "newer" or value not in WITHIN]
        words = ((word, tuple(one for one in self.words if one != word)) for word in self.words)
        return found + [("", word, self.url(words=rest)) for word, rest in words]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the form carries beside what is typed into it."""
        values = QueryDict(self.filtered)
        return [(key, values[key]) for key in values]

    @property
    def unread(self) -> str:
        """What was typed and not understood."""
        return " ".join(mistake.word for mistake in self.mistakes)

    @property
    def cleared(self) -> str:
        return reverse("dashboard:audit")

    @property
    def span(self) -> str:
        newer = self.get("newer")
        if newer and not (self.get("since") or self.get("until")):
            return str(WITHIN[newer]) if newer in WITHIN else _("Last %(span)s") % {"span": newer}
        return _("Chosen time") if newer or self.get("since") or self.get("until") else _("Any time")

    @property
    def described(self) -> str:
        """In the words of the filter box."""
        said = [*(terms.Term(key, value) for key, value in self.given), *(terms.Term("", word) for word in self.words)]
        return " ".join(map(str, said)) or "all entries"


def _wrong(term: terms.Term) -> str:
    """What is wrong with the term, and what would be right; empty: nothing."""
    if term.excluded:
        return _("nothing can be excluded here")
    if term.key and term.key not in KEYS:
        choice = ", ".join(f"{key}:" for key in KEYS)
        return _("there is no such condition: choose from %(choice)s") % {"choice": choice}
    match term.key:
        case "result" if term.value not in AuditEntry.Result:
            choice = ", ".join(AuditEntry.Result.values)
            return _("there is no such result: choose from %(choice)s") % {"choice": choice}
        case "newer" if span(term.value) is None:
            return no_age("newer")
        case "since" | "until" if moment(term.value) is None:
            return no_time(f"{term.key}:2026-11-24T08:00")
        case "from" if not _is_address(term.value):
            return _("that is no address: write one as in from:10.20.4.9")
        case "operation" if _key(term.value) is None:
            return _("an operation has a number, as in operation:12")
    return ""


def _condition(key: str, value: str, now: datetime) -> Q:
    match key:
        case "who":
            return Q(who=value)
        case "did":
            return Q(verb=value.lower())
        case "result":
            return Q(result=value)
        case "from":
            return Q(address=value)
        case "newer":
            return Q(at__gte=now - (span(value) or timedelta(0)))
        case "since":
            return Q(at__gte=moment(value))
        case "until":
            return Q(at__lte=moment(value))
        case "job":
            return _about("job", [value]) | _about("operation", operations_of(value))
        case _:
            return _about(key, [value])


def _about(kind: str, names: Iterable[str]) -> Q:
    return Q(pk__in=AuditSubject.objects.filter(kind=kind, name__in=list(names)).values("entry_id"))


def operations_of(job_id: str, *, most: int | None = None) -> list[str]:
    """Those whose frozen sets have the job. A set is kept for 30 days after its operation's end, in chunks of text.
    ``most``: chunks that may be read for it; where there are more, none is."""
    chunks = Chunk.objects.all()
    if (born := _born(job_id)) is not None:
        chunks = chunks.filter(operation__frozen_at__gte=born - timedelta(minutes=5))
    if most is not None and len(chunks.order_by()[: most + 1].values_list("pk")) > most:
        return []
    chunks = chunks.filter(ids__contains=job_id)
    # Part of another id would do for the database.
    found = {chunk.operation_id for chunk in chunks.only("operation_id", "ids").iterator() if job_id in chunk.jobs}
    return [str(operation) for operation in sorted(found)]


def _born(job_id: str) -> datetime | None:
    """When the job was made, where its id tells: only later operations can have it."""
    try:
        made = uuids.UUID(job_id)
    except ValueError:
        return None
    return datetime.fromtimestamp(made.timestamp / 1000).astimezone() if made.version == 7 else None


def _any(conditions: Iterable[Q]) -> Q:
    found = Q()
    for condition in conditions:
        found |= condition
    return found


def _is_address(text: str) -> bool:
    try:
        validate_ipv46_address(text)
    except ValidationError:
        return False
    return True


def _key(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
