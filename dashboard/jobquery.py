"""What the list of jobs shows: read from a URL, and written back into one. The URL holds the whole state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from queueing.domain.reading import JobFilter
from queueing.domain.states import JobState

WITHIN = {
    "15m": ("Last 15 min", timedelta(minutes=15)),
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 h", timedelta(hours=24)),
    "7d": ("Last 7 days", timedelta(days=7)),
}
AHEAD_OF_TIME = (JobState.SCHEDULED, JobState.RETRYING)
"""States whose time lies in the future. A list of all states is about what has happened, and ends at now."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition, as the filter box shows it, and the URL of the list without it."""

    key: str
    value: str
    without: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    state: JobState | None = None
    queues: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    tag: str = ""
    within: str = ""
    since: str = ""
    until: str = ""
    cursor: str = ""
    follow: bool = False
    words: str = ""
    """What was typed: ``queue:media tag:x``, to be taken in, or a job's id."""
    unknown: tuple[str, ...] = ()
    """What could not be understood."""

    @classmethod
    def read(cls, values: QueryDict) -> JobQuery:
        unknown = []
        state, within = values.get("state", ""), values.get("within", "")
        if state and state not in tuple(JobState):
            unknown.append(f"state:{state}")
        if within and within not in WITHIN:
            unknown.append(f"within:{within}")
        since, until = values.get("since", ""), values.get("until", "")
        unknown += [text for text in (since, until) if text and moment(text) is None]
        return cls(
            state=JobState(state) if state in tuple(JobState) else None,
            queues=tuple(filter(None, values.getlist("queue"))),
            types=tuple(filter(None, values.getlist("type"))),
            tag=values.get("tag", ""),
            within=within if within in WITHIN else "",
            since=since if moment(since) else "",
            until=until if moment(until) else "",
            cursor=values.get("cursor", ""),
            follow=values.get("follow") == "1",
            words=values.get("q", "").strip(),
            unknown=tuple(unknown),
        )

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> JobQuery:
        """From the parameters of a live view."""
        return cls.read(QueryDict(str(params.get("query", ""))))

    def take_in(self) -> JobQuery:
        """The words that are conditions become such; the others stay."""
        taken, left = self, []
        for word in self.words.split():
            key, _, value = word.partition(":")
            match key.lower():
                case "state" | "is" if value in tuple(JobState):
                    taken = replace(taken, state=JobState(value))
                case "queue" if value:
                    taken = replace(taken, queues=_with(taken.queues, value))
                case "type" if value:
                    taken = replace(taken, types=_with(taken.types, value))
                case "tag" if value:
                    taken = replace(taken, tag=value)
                case "within" if value in WITHIN:
                    taken = replace(taken, within=value, since="", until="")
                case _:
                    left.append(word)
        return replace(taken, words=" ".join(left), cursor="")

    def filter(self, *, now: datetime) -> JobFilter:
        since, until = moment(self.since), moment(self.until)
        if self.within:
            since = now - WITHIN[self.within][1]
        if self.state is None:
            until = min(until, now) if until else now
        return JobFilter(
            states=(self.state,) if self.state else (),
            queues=self.queues,
            types=self.types,
            tag=self.tag or None,
            since=since,
            until=until,
        )

    @property
    def countable(self) -> bool:
        """Whether the store counts what this shows: it counts by state, queue and type."""
        return not (self.tag or self.within or self.since or self.until)

    @property
    def narrowed(self) -> bool:
        return bool(self.queues or self.types or not self.countable)

    @property
    def span(self) -> str:
        """The time it looks at, in words."""
        return WITHIN[self.within][0] if self.within else "Chosen time" if self.since or self.until else "Any time"

    def url(self, **changes: Any) -> str:
        """The list with these changes, from its first page unless a cursor is given."""
        query = replace(self, **({"cursor": "", "words": ""} | changes)).encoded()
        return reverse("dashboard:jobs") + (f"?{query}" if query else "")

    def encoded(self) -> str:
        values = {
            "state": self.state or "",
            "tag": self.tag,
            "within": self.within,
            "since": self.since,
            "until": self.until,
            "cursor": self.cursor,
            "q": self.words,
            "queue": self.queues,
            "type": self.types,
            "follow": "1" if self.follow else "",
        }
        return urlencode({key: value for key, value in values.items() if value}, doseq=True)

    @property
    def params(self) -> dict[str, str]:
        """For live views: what is shown, without the place in it, so that many viewers can share a rendering."""
        return {"query": replace(self, cursor="", words="").encoded()}

    @property
    def cleared(self) -> str:
        return self.url(queues=(), types=(), tag="", within="", since="", until="")

    @property
    def any_queue(self) -> str:
        return self.url(queues=())

    @property
    def any_type(self) -> str:
        return self.url(types=())

    @property
    def any_time(self) -> str:
        return self.url(within="", since="", until="")

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
                return "Due"
            case JobState.QUEUED:
                return "Waits"
            case _:
                return "Ago"

    @property
    def order(self) -> str:
        return "latest due first" if self.state in AHEAD_OF_TIME else "newest first"

    @property
    def nothing(self) -> str:
        """What an empty list says: what was looked for, where, in which time."""
        what = f"No {self.state} job" if self.state else "No job"
        where = f" in {', '.join(self.queues)}" if self.queues else ""
        kinds = f" of type {', '.join(self.types)}" if self.types else ""
        tag = f" with the tag {self.tag}" if self.tag else ""
        span = f" in the {self.span.lower()}" if self.within else " at that time" if self.since or self.until else ""
        return f"{what}{kinds}{where}{tag}{span}"

    @property
    def terms(self) -> list[Term]:
        """The state is not among them: its tab says it."""
        found = [
            Term("queue", name, self.url(queues=tuple(q for q in self.queues if q != name))) for name in self.queues
        ]
        found += [Term("type", name, self.url(types=tuple(t for t in self.types if t != name))) for name in self.types]
        for key in ("tag", "since", "until"):
            if value := getattr(self, key):
                found.append(Term(key, value, self.url(**{key: ""})))
        return found

    def hidden(self) -> list[tuple[str, str]]:
        """The fields that the form carries beside the words."""
        values = QueryDict(replace(self, cursor="", words="").encoded())
        return [(key, value) for key in values for value in values.getlist(key)]


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else timezone.make_aware(found)
    except (ValueError, OverflowError):
        return None
