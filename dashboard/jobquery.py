"""What the list of jobs shows: read from a URL, and written back into one. The URL holds the whole state.

State, queues, types, tag and times have parameters of their own, so that links to the list are easily written. All
other terms stand in ``q``, as they are typed; whatever of the former stands there too is taken out by :meth:`read`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote_plus

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from dashboard import qualifiers, statewords, terms
from dashboard.columns import COLUMNS
from dashboard.qualifiers import moment, span
from dashboard.terms import Mistake
from queueing.domain.reading import JobFilter
from queueing.domain.states import JobState

GAP: Final = "_"
"""Stands for a name in a URL. Nothing else can look like ``queue=_`` there: in a value the sign is encoded."""

WITHIN = {
    "15m": gettext_lazy("Last 15 min"),
    "1h": gettext_lazy("Last hour"),
    "24h": gettext_lazy("Last 24 h"),
    "7d": gettext_lazy("Last 7 days"),
}
AHEAD_OF_TIME = (JobState.SCHEDULED, JobState.RETRYING)
"""States whose time lies in the future. A list of all states is about what has happened, and ends at now."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition, as the filter box shows it, and the URL of the list without it."""

    key: str
    value: str
    without: str
    excluded: bool = False

    @property
    def text(self) -> str:
        return str(terms.Term(self.key, self.value, self.excluded))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    state: JobState | None = None
    queues: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    tag: str = ""
    within: str = ""
    older: str = ""
    since: str = ""
    until: str = ""
    more: tuple[terms.Term, ...] = ()
    """Conditions that the index knows nothing of."""
    cursor: str = ""
    follow: bool = False
    columns: tuple[str, ...] = ()
    """Those chosen, in their order; empty: the usual ones."""
    words: str = ""
    """What could not be understood, as it was typed."""
    mistakes: tuple[Mistake, ...] = ()
    """And why, word by word."""

    @classmethod
    def read(cls, values: QueryDict) -> JobQuery:
        typed = [str(terms.Term(key, value)) for key, value in _simple(values)]
        query = cls(
            cursor=values.get("cursor", ""),
            follow=values.get("follow") == "1",
            columns=tuple(
                name for name in dict.fromkeys(",".join(values.getlist("columns")).split(",")) if name in COLUMNS
            ),
        )
        return query.and_also(" ".join([*typed, *values.getlist("q")]))

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> JobQuery:
        """From the parameters of a live view."""
        return cls.read(QueryDict(str(params.get("query", ""))))

    def and_also(self, text: str) -> JobQuery:
        """With what was typed as well."""
        query, found = self, terms.read(text)
        mistakes = list(found[1])
        for word, start, term in found[0]:
            known = qualifiers.normal(term)
            if why := qualifiers.wrong(known):
                mistakes.append(Mistake(word, start, why))
            else:
                query = query._with(known)
        mistakes.sort(key=lambda mistake: mistake.start)
        return replace(query, words=" ".join(one.word for one in mistakes), mistakes=tuple(mistakes))

    def _with(self, term: terms.Term) -> JobQuery:
        if term.excluded or (take := TAKE.get(term.key)) is None:
            return self if term in self.more else replace(self, more=(*self.more, term))
        return take(self, term.value)

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(mistake.word for mistake in self.mistakes)

    @property
    def q(self) -> str:
        return " ".join([*map(str, self.more), *([self.words] if self.words else [])])

    def filter(self, *, now: datetime, revealed: bool = False) -> JobFilter:
        """``revealed``: on behalf of somebody who may see what is masked."""
        since, until = moment(self.since), moment(self.until)
        if self.within and (length := span(self.within)):
            since = max(since, now - length) if since else now - length
        if self.older and (length := span(self.older)):
            until = min(until, now - length) if until else now - length
        if self.state is None:
            until = min(until, now) if until else now
        return JobFilter(
            states=(self.state,) if self.state else (),
            queues=self.queues,
            types=self.types,
            tag=self.tag or None,
            since=since,
            until=until,
            where=tuple(qualifiers.condition(term, revealed=revealed) for term in self.more),
        )

    @property
    def searches(self) -> bool:
        """Whether jobs must be looked at one by one."""
        return bool(self.more or self.tag)

    @property
    def masked(self) -> tuple[terms.Term, ...]:
        """Those that ask for what pages mask."""
        return tuple(term for term in self.more if qualifiers.is_masked(term))

    @property
    def countable(self) -> bool:
        """Whether the store counts what this shows: it counts by state, queue and type."""
        return not (self.searches or self.timed)

    @property
    def timed(self) -> bool:
        return bool(self.within or self.older or self.since or self.until)

    @property
    def narrowed(self) -> bool:
        return bool(self.queues or self.types or not self.countable)

    @property
    def span(self) -> str:
        """The time it looks at, in words."""
        if self.within and not (self.older or self.since or self.until):
            return str(WITHIN[self.within]) if self.within in WITHIN else _("Last %(span)s") % {"span": self.within}
        return _("Chosen time") if self.timed else _("Any time")

    def url(self, **changes: Any) -> str:
        """The list with these changes, from its first page unless a cursor is given."""
        query = replace(self, **({"cursor": "", "words": "", "mistakes": ()} | changes)).encoded()
        return reverse("dashboard:jobs") + (f"?{query}" if query else "")

    def urls(self, what: str) -> Callable[[str], str]:
        """:meth:`url` with one of the ``queues`` or ``types`` in the place of all, or another ``tag``.

        There may be hundreds of them: the rest of the URL is written once.
        """
        key = what.removesuffix("s")
        before, _gap, after = self.url(**{what: GAP if what == key else (GAP,)}).partition(f"{key}={GAP}")
        return lambda name: f"{before}{key}={quote_plus(name)}{after}"

    def encoded(self) -> str:
        values = {
            "state": self.state or "",
            "tag": self.tag,
            "within": self.within,
            "older": self.older,
            "since": self.since,
            "until": self.until,
            "cursor": self.cursor,
            "q": self.q,
            "columns": ",".join(self.columns),
            "queue": self.queues,
            "type": self.types,
            "follow": "1" if self.follow else "",
        }
        return urlencode({key: value for key, value in values.items() if value}, doseq=True)

    @property
    def params(self) -> dict[str, str]:
        """For live views: what is shown, without the place in it, so that many viewers can share a rendering."""
        return {"query": replace(self, cursor="", words="", mistakes=()).encoded()}

    @property
    def cleared(self) -> str:
        return self.url(queues=(), types=(), tag="", within="", older="", since="", until="", more=())

    @property
    def any_queue(self) -> str:
        return self.url(queues=())

    @property
    def any_type(self) -> str:
        return self.url(types=())

    @property
    def any_time(self) -> str:
        return self.url(within="", older="", since="", until="")

    def lately(self, within: str) -> str:
        return self.url(within=within, older="", since="", until="")

    @property
    def any_state(self) -> str:
        return self.url(state=None)

    @property
    def other_follow(self) -> str:
        return self.url(follow=not self.follow)

    @property
    def when(self) -> str:
        """The head over the time that matters."""
        match self.state:
            case JobState.SCHEDULED | JobState.RETRYING:
                return pgettext("head of a column of times", "Due")
            case JobState.QUEUED:
                return pgettext("head of a column of times", "Waits")
            case _:
                return pgettext("head of a column of times", "Ago")

    @property
    def order(self) -> str:
        return _("latest due first") if self.state in AHEAD_OF_TIME else _("newest first")

    @property
    def nothing(self) -> str:
        """What an empty list says: what was looked for, where, in which time."""
        text = _("No %(state)s job") % {"state": statewords.word(self.state)} if self.state else _("No job")
        # Each condition goes around what stands before it.
        if self.types:
            text = _("%(jobs)s of type %(types)s") % {"jobs": text, "types": ", ".join(self.types)}
        if self.queues:
            text = _("%(jobs)s in %(queues)s") % {"jobs": text, "queues": ", ".join(self.queues)}
        if self.tag:
            text = _("%(jobs)s with the tag %(tag)s") % {"jobs": text, "tag": self.tag}
        if self.within and not (self.older or self.since or self.until):
            text = _("%(jobs)s in the %(span)s") % {"jobs": text, "span": self.span.lower()}
        elif self.timed:
            text = _("%(jobs)s at that time") % {"jobs": text}
        if self.more:
            text = _("%(jobs)s like %(conditions)s") % {"jobs": text, "conditions": " ".join(map(str, self.more))}
        return text

    @property
    def terms(self) -> list[Term]:
        """Those that the box shows."""
        return self.all_terms

    @property
    def all_terms(self) -> list[Term]:
        """The state is not among them: its tab says it. Nor a usual time: its picker does."""
        found = [
            Term("queue", name, self.url(queues=tuple(q for q in self.queues if q != name))) for name in self.queues
        ]
        found += [Term("type", name, self.url(types=tuple(t for t in self.types if t != name))) for name in self.types]
        if self.within and self.within not in WITHIN:
            found.append(Term("newer", self.within, self.url(within="")))
        for key in ("tag", "older", "since", "until"):
            if value := getattr(self, key):
                found.append(Term(key, value, self.url(**{key: ""})))
        for term in self.more:
            without = self.url(more=tuple(one for one in self.more if one != term))
            found.append(Term(term.key, term.value, without, term.excluded))
        return found

    @property
    def described(self) -> str:
        """In the words of the filter box."""
        state = [f"state:{self.state}"] if self.state else []
        within = [f"newer:{self.within}"] if self.within in WITHIN else []
        return " ".join([*state, *(term.text for term in self.all_terms), *within]) or "all jobs"

    def hidden(self) -> list[tuple[str, str]]:
        """The fields that the form carries beside what is typed."""
        values = QueryDict(replace(self, cursor="", words="", mistakes=()).encoded())
        return [(key, value) for key in values for value in values.getlist(key)]


Take = Callable[[JobQuery, str], JobQuery]


def _simple(values: QueryDict) -> Iterable[tuple[str, str]]:
    """The terms that have a parameter of their own."""
    for key in ("state", "queue", "type", "tag", "within", "older", "since", "until"):
        yield from ((key, value) for value in values.getlist(key) if value)


def _one(name: str) -> Take:
    """Of these a list has one; another replaces it."""
    return lambda query, value: _replaced(query, name, value)


def _any(name: str) -> Take:
    return lambda query, value: _replaced(query, name, tuple(dict.fromkeys((*getattr(query, name), value))))


def _replaced(query: JobQuery, name: str, value: Any) -> JobQuery:
    return replace(query, **{name: value})


def _tag(query: JobQuery, value: str) -> JobQuery:
    if not query.tag or query.tag == value:
        return replace(query, tag=value)
    term = terms.Term("tag", value)
    return query if term in query.more else replace(query, more=(*query.more, term))


TAKE: dict[str, Take] = {
    "state": lambda query, value: replace(query, state=JobState(value)),
    "queue": _any("queues"),
    "type": _any("types"),
    "tag": _tag,
    "newer": _one("within"),
    "older": _one("older"),
    "since": _one("since"),
    "until": _one("until"),
}
