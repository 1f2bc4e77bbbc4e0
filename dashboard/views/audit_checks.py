"""Following the chain of the log on request: at once, or by a job where the log is long."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import auditchain, wording
from dashboard.access import requires
from dashboard.enginewords import said
from dashboard.http import answer
from dashboard.jobs import check_audit
from dashboard.models import AuditEntry
from queueing.errors import LeveretError

AT_ONCE = 5_000
"""Entries that are checked within the request: about a second's worth."""


@requires("audit", post=True)
def create(request: HttpRequest) -> HttpResponse:
    if AuditEntry.objects.count() > AT_ONCE:
        return _by_a_job(request)
    check = auditchain.note(auditchain.check())
    if check.breaks:
        return answer(request, _("The chain is broken."), detail=check.first, tone="error")
    return answer(request, _("The chain holds."), detail=_entries(check.entries))


def _by_a_job(request: HttpRequest) -> HttpResponse:
    try:
        job_id = check_audit.enqueue()
    except LeveretError as error:
        return answer(request, _("The check was not begun."), detail=said(error), tone="error")
    detail = _("Its result will stand here. Job %(id)s.") % {"id": job_id}
    return answer(request, _("A job follows the chain."), detail=detail, tone="info")


def _entries(count: int) -> str:
    text = ngettext("%(number)s entry, unbroken.", "%(number)s entries, unbroken.", count)
    return text % {"number": wording.number(count)}
