"""The delay ladder as a queue's page draws it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from queueing.domain.reading import Ladder

HEIGHT = 60
"""Of the longest column."""
LEAST = 1.5
"""Of one that is there at all."""
UNITS = ((3600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True, slots=True)
class Column:
    """A part of a step: from ``y`` down to where the part below it begins. Texts, for no language writes SVG."""

    kind: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    """¼ s, 30 s, 15 min."""
    until: str
    """The next one's name; empty for the last."""
    messages: int | None
    scheduled: int
    retrying: int
    broker: tuple[Column, ...]
    queue: tuple[Column, ...]

    @property
    def jobs(self) -> int:
        return self.scheduled + self.retrying


@dataclass(frozen=True, slots=True)
class Shown:
    steps: tuple[Step, ...]
    scheduled: int
    retrying: int
    overdue: int
    messages: int | None
    """Of all queues together. None: the broker does not answer, or cannot be asked."""
    told: bool


def shown(ladder: Ladder) -> Shown:
    rungs = ladder.rungs
    top = max(chain([1], *((rung.messages or 0, rung.scheduled + rung.retrying) for rung in rungs)))
    names = [name(rung.seconds) for rung in rungs]
    counts = [rung.messages for rung in rungs]
    return Shown(
        steps=tuple(
            Step(
                name=names[at],
                until=names[at + 1] if at + 1 < len(names) else "",
                messages=rung.messages,
                scheduled=rung.scheduled,
                retrying=rung.retrying,
                broker=_stacked(top, ("of-all", rung.messages or 0)),
                queue=_stacked(top, ("scheduled", rung.scheduled), ("retrying", rung.retrying)),
            )
            for at, rung in enumerate(rungs)
        ),
        scheduled=sum(rung.scheduled for rung in rungs),
        retrying=sum(rung.retrying for rung in rungs),
        overdue=ladder.overdue,
        messages=None if None in counts else sum(count or 0 for count in counts),
        told=ladder.told,
    )


def name(seconds: float) -> str:
    """¼ s, 1 s, 2 min, 6 h: a step is one of few, and short enough to stand under its column."""
    for length, unit in UNITS:
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return "¼ s" if seconds == 0.25 else f"{seconds:g} s"


def _stacked(top: int, *parts: tuple[str, int]) -> tuple[Column, ...]:
    """From the bottom up."""
    columns, at = list[Column](), float(HEIGHT)
    for kind, count in parts:
        if count:
            tall = max(LEAST, count / top * HEIGHT)
            at = max(0.0, at - tall)
            columns.append(Column(kind, f"{at:.1f}", f"{tall:.1f}"))
    return tuple(columns)
