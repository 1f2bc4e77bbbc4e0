"""Lists as files that are written while they are read: of any length, in little memory.

A list is a stream of records, plain dicts, and is downloaded as CSV or as JSON lines::

    return export.download(request, records, columns=COLUMNS, what="jobs", described=query.described)

The records hold what the page shows and no more: whatever it masks, they mask too. Each download is in the audit log.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import msgspec
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dashboard import audit
from dashboard.enginewords import said
from dashboard.http import answer
from queueing.errors import LeveretError

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for a formula where a cell begins with it; the last four are wide ones, of East Asia."""
ROWS = 500
"""Rows that are written at a time."""

Record: TypeAlias = Mapping[str, Any]


class Form(NamedTuple):
    label: str
    kind: str


FORMS = {"csv": Form("CSV", "text/csv"), "jsonl": Form(gettext_noop("JSON lines"), "application/x-ndjson")}


def download(
    request: HttpRequest, records: Iterable[Record], *, columns: Sequence[str], what: str, described: str = ""
) -> HttpResponseBase:
    """In the form that the URL names: ``form=csv``, which is usual and has these columns, or ``form=jsonl``, which has
    whole records.

    The first rows are read at once: where a server is away, the page says so, and no empty file is saved. One that goes
    away later breaks the transfer off, so that nobody takes half a list for a whole one.
    """
    name = request.GET.get("form", "csv")
    if (form := FORMS.get(name)) is None:
        detail = _("There is no form %(name)r: choose from %(forms)s.") % {"name": name, "forms": ", ".join(FORMS)}
        return answer(request, _("Nothing was exported."), detail=detail, tone="error")
    parts = csv_lines(columns, records) if name == "csv" else json_lines(records)
    try:
        first = next(parts, "")
    except LeveretError as error:
        return answer(request, _("Nothing was exported."), detail=said(error), tone="error")
    audit.record(request, "export", f"{what}: {described}" if described else what, detail=form.label)
    file = f"{slugify(what)}-{timezone.now():%Y%m%d-%H%M%S}.{name}"
    return stream(request, chain([first], parts), name=file, kind=form.kind)


def choices(url: str, query: str = "") -> list[tuple[str, str]]:
    """For ``dashboard/_export.html``: label and address of each form, of the list that ``query`` is about."""
    return [(_(form.label), f"{url}?{query}{'&' if query else ''}form={name}") for name, form in FORMS.items()]


def csv_lines(columns: Sequence[str], records: Iterable[Record]) -> Iterator[str]:
    """What is no text or number is written as JSON."""
    return csv_rows(columns, ([_cell(record[column]) for column in columns] for record in records))


def json_lines(records: Iterable[Record]) -> Iterator[str]:
    """An object a line, in pieces."""
    lines: list[str] = []
    for record in records:
        lines.append(msgspec.json.encode(record).decode() + "\n")
        if len(lines) == ROWS:
            yield "".join(lines)
            lines.clear()
    if lines:
        yield "".join(lines)


def csv_rows(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """CSV text in pieces. A cell that a spreadsheet would compute gets an apostrophe, which it shows as text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(head)
    for number, row in enumerate(rows, 1):
        writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])
        if number % ROWS == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def stream(request: HttpRequest, parts: Iterator[str], *, name: str, kind: str) -> StreamingHttpResponse:
    """Under ASGI Django would read a plain iterator to its end before it sends the first byte."""
    body = _pulled(parts) if isinstance(request, ASGIRequest) else parts
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(body, content_type=f"{kind}; charset=utf-8", headers=headers)


async def _pulled(parts: Iterator[str]) -> AsyncIterator[str]:
    pull = sync_to_async(lambda: next(parts, None))
    while (part := await pull()) is not None:
        yield part


def _cell(value: Any) -> object:
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat()
        case str() | bool() | int() | float():
            return value
        case _:
            return msgspec.json.encode(value).decode()


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
