"""What a worker was doing, as it told: its tasks and threads, those that run jobs first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

HEAD = re.compile(r"(?P<kind>task|thread) (?P<name>.*)")
JOB = "job "


@dataclass(frozen=True, slots=True)
class Stack:
    kind: str
    """task or thread."""
    name: str
    text: str
    """Innermost call last; empty: it has none, as a task that waits to begin."""

    @property
    def job(self) -> str:
        """The id of the job that it runs; empty: none."""
        return self.name.removeprefix(JOB) if self.name.startswith(JOB) else ""


@dataclass(frozen=True, slots=True)
class Dump:
    at: datetime | None
    stacks: tuple[Stack, ...]

    @property
    def jobs(self) -> list[Stack]:
        return [stack for stack in self.stacks if stack.job]

    @property
    def others(self) -> list[Stack]:
        return [stack for stack in self.stacks if not stack.job]


def read(text: str) -> Dump:
    first, _, rest = text.partition("\n")
    at = _moment(first.removeprefix("taken ")) if first.startswith("taken ") else None
    return Dump(at, tuple(_stacks((rest if at else text).splitlines())))


def _stacks(lines: Sequence[str]) -> list[Stack]:
    found: list[tuple[str, str, list[str]]] = []
    for line in lines:
        if match := HEAD.fullmatch(line):
            found.append((match["kind"], match["name"], []))
        elif found:
            found[-1][2].append(line)
    return [Stack(kind, name, "\n".join(body)) for kind, name, body in found]


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
