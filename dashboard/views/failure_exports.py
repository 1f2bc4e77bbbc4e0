"""The failure groups that a list shows, as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard import engine, export
from dashboard.access import requires
from dashboard.enginewords import said
from dashboard.groupquery import GroupQuery
from dashboard.http import answer
from queueing.domain.failures import FailureGroup
from queueing.domain.secrets import hush
from queueing.errors import LeveretError

COLUMNS = (
    *("id", "type", "error", "message", "place", "open", "total", "first_at", "last_at", "queues"),
    *("stands", "muted_until", "muted_by", "note", "note_by", "sample"),
)


@requires("view")
def show(request: HttpRequest) -> HttpResponseBase:
    query = GroupQuery.read(request.GET).take_in()
    try:
        picked = query.pick(engine.look(lambda inspector: inspector.groups()), now=timezone.now())
    except LeveretError as error:
        return answer(request, _("Nothing was exported."), detail=said(error), tone="error", to=query.url())
    described = " ".join([query.show, *(f"{key}:{value}" for key, value, _ in query.terms), query.words]).strip()
    return export.download(request, _records(picked), columns=COLUMNS, what="failures", described=described)


def _records(groups: Sequence[FailureGroup]) -> Iterator[dict[str, Any]]:
    now = timezone.now()
    for group in groups:
        yield {
            "id": group.id,
            "type": group.type,
            "error": group.kind,
            "message": hush(group.message),
            "place": group.place,
            "open": group.open,
            "total": group.total,
            "first_at": group.first_at,
            "last_at": group.last_at,
            "queues": group.queues,
            "stands": group.stands(now),
            "muted_until": group.muted_until,
            "muted_by": group.muted_by,
            "note": group.note,
            "note_by": group.note_by,
            "sample": group.job,
        }
