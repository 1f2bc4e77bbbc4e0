"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple


class Column(NamedTuple):
    head: str
    right: bool = False
    widest: int = 60


def table(columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Lines of a table: columns as wide as what is in them, long text cut, figures to the right."""
    cells = [[_cut(_text(value), column.widest) for column, value in zip(columns, row, strict=True)] for row in rows]
    widths = (
        [max(len(column.head), *(len(row[i]) for row in cells)) for i, column in enumerate(columns)] if cells else []
    )
    if not cells:
        return
    yield _line(columns, widths, [column.head for column in columns])
    for row in cells:
        yield _line(columns, widths, row)


def printable(text: str) -> str:
    """Text that a terminal shows and does not obey."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def age(at: datetime | None, now: datetime) -> str:
    """4 s, 1 min, 3 h, 12 d."""
    if at is None:
        return "-"
    seconds = abs(int((now - at).total_seconds()))
    for limit, length, unit in ((60, 1, "s"), (3600, 60, "min"), (2 * 86_400, 3600, "h")):
        if seconds < limit:
            return f"{seconds // length} {unit}"
    return f"{seconds // 86_400} d"


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return printable(str(value))


def _cut(text: str, widest: int) -> str:
    return text if len(text) <= widest else text[: widest - 1] + "…"


def _line(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    parts = (
        cell.rjust(width) if column.right else cell.ljust(width)
        for column, width, cell in zip(columns, widths, cells, strict=True)
    )
    return "  ".join(parts).rstrip()
