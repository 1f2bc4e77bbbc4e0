"""What a page of dead letters shows, as its URL says it: the failed jobs of a queue, by the terms of the filter box."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import quote_plus

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from dashboard import export, terms
from dashboard.jobquery import GAP, JobQuery, Term
from queueing.domain.states import JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterQuery(JobQuery):
    at: str = ""
    """The id of the letter that is open."""

    @classmethod
    def of_queue(cls, queue: str, values: QueryDict | None = None) -> LetterQuery:
        """State and queue are the page's own: what was typed about them is left out."""
        found = cast(LetterQuery, cls.read(values or QueryDict()))
        at = values.get("at", "") if values is not None else ""
        return replace(found, state=JobState.FAILED, queues=(queue,), at=at, follow=False, columns=())

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> LetterQuery:
        return cls.of_queue(str(params["queue"]), QueryDict(str(params.get("query", ""))))

    @property
    def queue(self) -> str:
        return self.queues[0]

    def url(self, **changes: Any) -> str:
        """From the first page unless a cursor is given; an open letter stays open."""
        changed = replace(self, **({"cursor": "", "words": "", "mistakes": ()} | changes))
        return _with(reverse("dashboard:dead_letters_of", args=[self.queue]), changed.encoded())

    def encoded(self) -> str:
        values = QueryDict(JobQuery.encoded(self), mutable=True)
        for name in ("state", "queue"):
            values.pop(name, None)
        if self.at:
            values["at"] = self.at
        return values.urlencode()

    @property
    def params(self) -> dict[str, str]:
        return {"queue": self.queue, "query": replace(self, cursor="", words="", mistakes=()).encoded()}

    @property
    def shut(self) -> str:
        return self.url(at="", cursor=self.cursor)

    def opened(self, job_id: str) -> str:
        return self.url(at=job_id, cursor=self.cursor)

    def openings(self) -> Callable[[str], str]:
        """:meth:`opened` for many of them: the rest of the URL is written once."""
        before, _gap, after = self.opened(GAP).partition(f"at={GAP}")
        return lambda job_id: f"{before}at={quote_plus(job_id)}{after}"

    @property
    def cleared(self) -> str:
        return self.url(types=(), tag="", within="", older="", since="", until="", more=(), at="")

    @property
    def narrowed(self) -> bool:
        return bool(self.types or not self.countable)

    @property
    def terms(self) -> list[Term]:
        """The queue is not among them: its tab says it."""
        return [term for term in self.all_terms if term.key != "queue"]

    @property
    def nothing(self) -> str:
        said = " ".join(term.text for term in self.terms)
        if said:
            return _("No dead letter in %(queue)s like %(conditions)s") % {"queue": self.queue, "conditions": said}
        return _("No dead letter in %(queue)s") % {"queue": self.queue}

    @property
    def whole(self) -> str:
        """The same set as a query of the list of jobs, which operations understand."""
        return JobQuery.encoded(replace(self, cursor="", words="", mistakes=()))

    def all_of(self, act: str) -> str:
        """The question before all of them are acted on."""
        return f"{reverse('dashboard:operation_new')}?{urlencode({'act': act})}&{self.whole}"

    @property
    def exports(self) -> list[tuple[str, str]]:
        """Label and address of each form of the file with all of them."""
        shown = replace(self, cursor="", words="", mistakes=(), at="").encoded()
        return export.choices(reverse("dashboard:dead_letter_exports", args=[self.queue]), shown)

    def like(self, type_: str, kind: str) -> LetterQuery:
        """Those of this queue that failed with the same error."""
        same = (terms.Term("error", kind),)
        return replace(self, types=(type_,), more=same, tag="", within="", older="", since="", until="", cursor="")


def _with(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
