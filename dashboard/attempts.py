"""Attempts as the job's page shows them: newest first, each with its error, its frames and its part of the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from django.utils.translation import gettext as _

from queueing.domain.job import Attempt, ErrorInfo, Frame, JobRecord, LogLine
from queueing.domain.states import JobState

SLACK = timedelta(seconds=2)
"""Lines are stamped by the worker's clock, attempts by the store's."""


@dataclass(frozen=True, slots=True)
class Frames:
    """Neighbouring frames that are all ours, or all of libraries."""

    ours: bool
    frames: tuple[Frame, ...]

    @property
    def packages(self) -> str:
        """httpx, httpcore and anyio."""
        names = list(dict.fromkeys(_package(frame.file) for frame in self.frames))
        if len(names) == 1:
            return names[0]
        return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


@dataclass(frozen=True, slots=True)
class Shown:
    key: str
    attempt: Attempt
    log: tuple[LogLine, ...]
    same_as: int | None
    """The newer attempt whose traceback is the same."""
    is_open: bool
    replayed: bool
    """The attempts above belong to a later life of the job."""

    @property
    def seconds(self) -> float:
        return (self.attempt.ended_at - self.attempt.started_at).total_seconds()

    @property
    def shape(self) -> JobState:
        """An attempt that will be tried again has failed all the same."""
        return JobState.FAILED if self.attempt.outcome is JobState.RETRYING else self.attempt.outcome

    @property
    def groups(self) -> list[Frames]:
        return grouped(self.attempt.error)


def shown(job: JobRecord) -> list[Shown]:
    found: list[Shown] = []
    newer: Attempt | None = None
    for attempt in reversed(job.attempts):
        same = newer is not None and _same(attempt.error, newer.error)
        first_error = attempt.error is not None and not any(one.attempt.error for one in found)
        found.append(
            Shown(
                key=f"attempt-{attempt.epoch}-{attempt.number}",
                attempt=attempt,
                log=tuple(line for line in job.log if _belongs(line, attempt)),
                same_as=_first_alike(found, attempt.error) if same else None,
                is_open=first_error or (not found and job.state is not JobState.RUNNING),
                replayed=newer is not None and attempt.number >= newer.number,
            )
        )
        newer = attempt
    return found


def running_log(job: JobRecord) -> tuple[LogLine, ...]:
    """Of the attempt that runs."""
    started = job.started_at
    return tuple(
        line for line in job.log if line.attempt == job.attempt and (started is None or line.at >= started - SLACK)
    )


def loose_log(job: JobRecord, attempts: Iterable[Shown]) -> tuple[LogLine, ...]:
    """Lines whose attempt is not kept any more."""
    placed = {id(line) for one in attempts for line in one.log}
    if job.state is JobState.RUNNING:
        placed |= {id(line) for line in running_log(job)}
    return tuple(line for line in job.log if id(line) not in placed)


def grouped(error: ErrorInfo | None) -> list[Frames]:
    frames: Sequence[Frame] = error.frames if error else ()
    return [Frames(ours, tuple(some)) for ours, some in groupby(frames, key=lambda frame: frame.ours)]


def _belongs(line: LogLine, attempt: Attempt) -> bool:
    return line.attempt == attempt.number and attempt.started_at - SLACK <= line.at <= attempt.ended_at + SLACK


def _same(one: ErrorInfo | None, other: ErrorInfo | None) -> bool:
    return one is not None and other is not None and bool(one.frames) and one.frames == other.frames


def _first_alike(newer: Sequence[Shown], error: ErrorInfo | None) -> int | None:
    return next((one.attempt.number for one in newer if one.same_as is None and _same(one.attempt.error, error)), None)


def _package(file: str) -> str:
    return file.split("/", 1)[0].removesuffix(".py")
