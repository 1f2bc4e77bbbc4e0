"""What people did: the log, and one entry of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard import actwords, auditchain, auditlist, export
from dashboard.access import requires
from dashboard.audit import Subject
from dashboard.auditlist import Page, Row
from dashboard.auditquery import WITHIN, AuditQuery
from dashboard.models import AuditEntry

SHOWN = 100
"""Lines of a detail that its page shows; the export has all."""


@requires("audit")
def index(request: HttpRequest) -> HttpResponse:
    query = AuditQuery.read(request.GET)
    if not query.mistakes and request.GET.getlist("q") != ([query.q] if query.q else []):
        return redirect(query.url())
    page = Page.of(query)
    context = {"title": _("Audit"), "query": query, "page": page, **_choices(query)}
    context |= {"params": {"query": query.filtered, "top": page.top}}
    context |= {"exports": export.choices(reverse("dashboard:audit_exports"), query.filtered)}
    return render(request, "dashboard/audit/index.html", context)


def _choices(query: AuditQuery) -> dict[str, Any]:
    """What the list can be narrowed to: name, URL, whether it is chosen."""
    people, verbs = auditlist.people_and_verbs()
    chosen = {"who": people, "did": verbs, "result": AuditEntry.Result.values}
    shown: dict[str, Callable[[str], str]] = {"who": str, "did": actwords.word, "result": actwords.result}
    found: dict[str, Any] = {
        key: [(shown[key](name), query.to(key, name), name == query.get(key)) for name in names]
        for key, names in chosen.items()
    }
    found["verbs"] = verbs
    within = [(str(label), query.to("newer", key), key == query.get("newer")) for key, label in WITHIN.items()]
    return found | {"within": within, "any": {key: query.to(key, "") for key in (*chosen, "newer")}}


@requires("audit")
def show(request: HttpRequest, entry: int) -> HttpResponse:
    found = get_object_or_404(AuditEntry, pk=entry)
    lines = found.detail.splitlines()
    context: dict[str, Any] = {
        "title": _("Entry %(number)s") % {"number": found.pk},
        "nav": "audit",
        "row": Row(found),
        "entry": found,
    }
    context |= {"lines": [_line(line) for line in lines[:SHOWN]], "more": max(0, len(lines) - SHOWN)}
    context |= {"sealed": auditchain.is_sealed(found), "follows": auditchain.before(found)}
    context |= {"next": AuditEntry.objects.filter(pk__gt=found.pk).order_by("id").first()}
    return render(request, "dashboard/audit/show.html", context)


def _line(line: str) -> tuple[str, str]:
    """A line of a detail, and the page of the job that it begins with."""
    job_id = line.partition(": refused, ")[0]
    return line, auditlist.place(Subject("job", job_id)) if len(job_id) == 36 else ""
