"""The columns of the list of jobs: which there are, and which are usual."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    title: str
    css: str
    usual: bool = True

    @property
    def head(self) -> str:
        return gettext(self.title)


COLUMNS = {
    one.name: one
    for one in (
        Column("queue", gettext_noop("Queue"), "p2"),
        Column("detail", gettext_noop("Detail"), "fill p2"),
        Column("attempt", gettext_noop("Attempt"), "num p3"),
        Column("worker", gettext_noop("Worker"), "p2", usual=False),
        Column("waited", gettext_noop("Waited"), "num p2", usual=False),
        Column("ran", gettext_noop("Ran"), "num p2"),
        Column("created", gettext_noop("Enqueued"), "num p2", usual=False),
        Column("id", gettext_noop("Id"), "p2", usual=False),
    )
}
"""Beside state, job and the time that matters, which a list always has."""
USUAL = tuple(name for name, column in COLUMNS.items() if column.usual)


def shown(chosen: tuple[str, ...]) -> list[Column]:
    """In the table's order, whatever the order of the choice."""
    return [column for name, column in COLUMNS.items() if name in (chosen or USUAL)]
