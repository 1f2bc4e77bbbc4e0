from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from dashboard import auditlist, export
from dashboard.access import requires
from dashboard.auditquery import AuditQuery
from dashboard.models import AuditEntry


@requires("audit")
def show(request: HttpRequest) -> HttpResponseBase:
    """The entries that match, up to this moment: the export's own is not among them."""
    query = AuditQuery.read(request.GET)
    until = AuditEntry.objects.values_list("pk", flat=True).first() or 0
    found = auditlist.in_steps(query.entries(now=timezone.now()).filter(pk__lte=until))
    records = map(auditlist.exported, found)
    return export.download(request, records, columns=auditlist.FIELDS, what="audit log", described=query.described)
