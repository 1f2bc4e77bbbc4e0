"""The witness outside the system: a file to which every process of a test appends what it does, a line each."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Final

import msgspec

ADDED: Final = "added"
"""``add`` has returned this id."""
BEGIN: Final = "begin"
END: Final = "end"
"""The run did its work."""
FAIL: Final = "fail"
"""The run raised, as its payload told it to."""
STOP: Final = "stop"
"""The run was ended from outside before its work was done."""
DIED: Final = "died"
"""A process is dead; what it ran ended then."""
FAULT: Final = "fault"
BACK: Final = "back"
"""What was broken works again."""
KILLED: Final = "killed"


SECOND: Final = 1_000_000_000


class Pen:
    """Appends to the ledger. Each line is one write to a file opened with O_APPEND, so that lines of many processes do
    not mix; times are of CLOCK_MONOTONIC, which all processes of one machine share."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, kind: str, subject: str = "-", *, run: str = "-", attempt: int = 0, pid: int | None = None) -> None:
        line = f"{kind} {subject} {run} {attempt} {pid or os.getpid()} {time.monotonic_ns()}\n"
        os.write(self._file, line.encode())

    def close(self) -> None:
        os.close(self._file)


class Run(msgspec.Struct, kw_only=True):
    """One run of a handler, as the handler saw it. Times are in nanoseconds."""

    job: str
    attempt: int
    pid: int
    began: int
    ended: int | None = None
    """None: nobody saw it end, so it may be running still."""
    how: str = ""
    """end, fail, stop or killed."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done to the system."""

    kind: str
    what: str
    at: int


class Ledger:
    """What has been written so far; ``refresh`` reads on."""

    def __init__(self, path: Path) -> None:
        self._path, self._offset = path, 0
        self._runs: dict[str, Run] = {}
        self.added_at: dict[str, int] = {}
        self.finished: set[str] = set()
        """Jobs with at least one run that did its work."""
        self.ends: list[int] = []
        """When runs did their work, in order."""
        self.moments: list[Moment] = []

    @property
    def added(self) -> Set[str]:
        return self.added_at.keys()

    @property
    def runs(self) -> list[Run]:
        return list(self._runs.values())

    def done_before_faults(self, seconds: float) -> set[str]:
        """Jobs whose work was done in so many seconds before a fault, or while it lasted."""
        spans = [
            (fault.at - seconds * SECOND, back.at)
            for fault, back in zip(self.moments[::2], self.moments[1::2], strict=True)
        ]
        return {
            run.job
            for run in self._runs.values()
            if run.how == END and run.ended and any(start < run.ended < end for start, end in spans)
        }

    def refresh(self) -> Ledger:
        for line in self._fresh_lines():
            kind, subject, run, attempt, pid, at = line.split(" ")
            self._take(kind, subject, run, attempt=int(attempt), pid=int(pid), at=int(at))
        self.ends.sort()
        return self

    def _fresh_lines(self) -> Iterator[str]:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            whole, _, _ = file.read().rpartition(b"\n")  # the last line may still be on its way
        if whole:
            self._offset += len(whole) + 1
            yield from whole.decode().split("\n")

    def _take(self, kind: str, subject: str, run: str, *, attempt: int, pid: int, at: int) -> None:
        match kind:
            case "added":
                self.added_at[subject] = at
            case "begin":
                self._runs[run] = Run(job=subject, attempt=attempt, pid=pid, began=at)
            case "end" | "fail" | "stop":
                self._runs[run].ended, self._runs[run].how = at, kind
                if kind == END:
                    self.finished.add(subject)
                    self.ends.append(at)
            case "died":
                for open_run in self._runs.values():
                    if open_run.pid == pid and open_run.ended is None:
                        open_run.ended, open_run.how = at, KILLED
            case "fault" | "back":
                self.moments.append(Moment(kind=kind, what=subject, at=at))
            case _:
                raise ValueError(f"The ledger has a line of an unknown kind: {kind}")
