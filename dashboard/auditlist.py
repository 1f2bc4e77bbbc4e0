"""The pages of the audit log: which entries, how each reads, what has come since, and when the chain was checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from dashboard import actwords
from dashboard.access import Viewer
from dashboard.audit import Subject
from dashboard.auditquery import AuditQuery, operations_of
from dashboard.live import Params, live_view
from dashboard.models import AuditCheck, AuditEntry, AuditSubject

PAGE = 50
NEW = 100
"""New entries are counted up to here."""
OF_JOB = 5
"""Entries on a job's page."""
CHUNKS = 100
"""Of operations' sets, 500 ids each, that a job's page looks through."""
LATELY = 2_000
"""The newest entries, from which the choices of people and acts are made."""
STEP = 1_000
"""Entries of an export that are read at a time."""
TONES = {
    AuditEntry.Result.STARTED: "is-info",
    AuditEntry.Result.DONE: "is-ok",
    AuditEntry.Result.PARTLY: "is-warn",
    AuditEntry.Result.REFUSED: "is-error",
    AuditEntry.Result.FAILED: "is-error",
}


@dataclass(frozen=True, slots=True)
class Row:
    entry: AuditEntry

    @property
    def subject(self) -> Subject | None:
        return Subject.of(self.entry.target)

    @property
    def url(self) -> str:
        """Of what it is about; empty where that has no page."""
        return place(self.subject) if self.subject else ""

    @property
    def tone(self) -> str:
        return "is-warn" if self.warns else TONES[AuditEntry.Result(self.entry.result)]

    @property
    def warns(self) -> bool:
        """Somebody came in after some tries."""
        return self.entry.verb == "log in" and self.entry.result == AuditEntry.Result.DONE and bool(self.entry.detail)

    @property
    def outcome(self) -> str:
        if self.warns:
            return self.entry.detail
        forbidden = self.entry.result == AuditEntry.Result.REFUSED and self.entry.detail.startswith("lacks the perm")
        return _("not allowed") if forbidden else actwords.result(self.entry.result)

    @property
    def why(self) -> str:
        """Of what was refused or failed, in one line."""
        bad = self.entry.result in (AuditEntry.Result.REFUSED, AuditEntry.Result.FAILED)
        return self.entry.detail.partition("\n")[0][:300] if bad else ""


def place(subject: Subject) -> str:
    """The page of a thing. What a foreign producer has named may fit into no URL."""
    name = subject.kind if subject.kind in ("job", "queue", "operation", "schedule") else ""
    if subject.kind == "group":
        name = "failure"
    if subject.kind == "worker":
        return f"{reverse('dashboard:workers')}?{urlencode({'at': subject.name})}"
    try:
        return reverse(f"dashboard:{name}", args=[subject.name]) if name else ""
    except NoReverseMatch:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    rows: list[Row]
    newer: str
    older: str
    """URLs; empty where there is nothing."""
    top: int
    """The newest entry of all when the page was made: what comes later is new."""

    @classmethod
    def of(cls, query: AuditQuery) -> Page:
        top = AuditEntry.objects.values_list("pk", flat=True).first() or 0
        found = query.entries(now=timezone.now())
        if query.after is not None:
            near = list(found.filter(pk__gt=query.after).order_by("id")[: PAGE + 1])
            entries, newer = near[:PAGE][::-1], len(near) > PAGE
            older = bool(entries) and found.filter(pk__lt=entries[-1].pk).exists()
        else:
            near = list((found.filter(pk__lt=query.before) if query.before is not None else found)[: PAGE + 1])
            entries, older = near[:PAGE], len(near) > PAGE
            newer = query.before is not None and bool(entries) and found.filter(pk__gt=entries[0].pk).exists()
        return cls(
            rows=[Row(entry) for entry in entries],
            newer=query.url(after=entries[0].pk) if newer else "",
            older=query.url(before=entries[-1].pk) if older else "",
            top=top,
        )


def people_and_verbs() -> tuple[list[str], list[str]]:
    """Of late. All of a long log would be read for it otherwise."""
    pairs = AuditEntry.objects.values_list("who", "verb")[:LATELY]
    return sorted({who for who, verb in pairs if who}), sorted({verb for who, verb in pairs})


@live_view("audit.new", template="dashboard/audit/_new.html", needs="audit", hints=(), every=3.0)
def arrived(params: Params, viewer: Viewer) -> dict[str, Any]:
    """How many have come since the page was loaded. The rows stay as they are: nobody changes an entry."""
    query = AuditQuery.of(params)
    entries = query.entries(now=timezone.now()).filter(pk__gt=params["top"])[:NEW]
    return {"new": len(entries.values_list("pk", flat=True)), "most": NEW, "query": query}


@live_view("audit.check", template="dashboard/audit/_check.html", needs="audit", hints=(), every=10.0)
def checked(params: Params, viewer: Viewer) -> dict[str, Any]:
    return {"check": AuditCheck.objects.first()}


@live_view(
    "audit.of_job", template="dashboard/job/_people.html", hints=("job",), about=lambda params: params["id"], every=10.0
)
def of_job(params: Params, viewer: Viewer) -> dict[str, Any]:
    """The last acts on one job: by its name, and by the operations that had it among others. Where those are too many
    to look through, they are on the log's own page."""
    if not viewer.may_audit:
        return {"rows": ()}
    about = Q(kind="job", name=params["id"])
    about |= Q(kind="operation", name__in=operations_of(params["id"], most=CHUNKS))
    ids = list(AuditSubject.objects.filter(about).order_by("-entry_id").values_list("entry_id")[: OF_JOB + 1])
    entries = AuditEntry.objects.filter(pk__in=[pk for (pk,) in ids[:OF_JOB]])
    return {"rows": [Row(entry) for entry in entries], "more": len(ids) > OF_JOB}


def in_steps(entries: QuerySet[AuditEntry]) -> Iterator[AuditEntry]:
    """Newest first, some at a time by key: however slowly somebody fetches them, no cursor stays open."""
    last: int | None = None
    while page := list((entries if last is None else entries.filter(pk__lt=last))[:STEP]):
        yield from page
        last = page[-1].pk


FIELDS = (
    "id", "at", "who", "verb", "target", "count", "result", "reason", "detail", "address", "agent", "previous", "seal",
)  # fmt: skip


def exported(entry: AuditEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in FIELDS}
