"""What the ledger and the records say together about a run of the system."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import msgspec

from queueing.domain.job import JobSummary
from queueing.domain.states import JobState
from tests.chaos.ledger import BACK, END, FAIL, FAULT, SECOND, Ledger, Run

ENDLESS: Final = 1 << 63
SHOWN: Final = 5


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    added: int
    runs: int
    lost: tuple[str, ...]
    """Jobs that ``add`` returned and no run of which did its work."""
    wrong: tuple[str, ...]
    """Jobs whose record does not end in the expected state, with the state it has."""
    doubled: tuple[str, ...]
    """Jobs whose work was done more than once."""
    overlaps: tuple[str, ...]
    """Jobs that ran twice at the same time, in processes that were both alive; one entry for each such pair."""
    charged: int
    """Attempts of the records that neither did their work nor failed at it: taken by a fault."""
    resumed: tuple[float | None, ...]
    """For each thing that came back, seconds until the work went on as before, or until all was done where it never
    did. None: too little was left to tell."""
    left: tuple[str, ...]
    """What had not come to its end when all was quiet: jobs in other states than succeeded, whether ``add`` returned
    them or raised, messages, dead letters, outbox entries."""

    @property
    def faults(self) -> dict[str, tuple[str, ...]]:
        """What no fault excuses, where there is any."""
        found = {"lost": self.lost, "wrong": self.wrong, "overlaps": self.overlaps, "left": self.left}
        return {name: jobs for name, jobs in found.items() if jobs}

    def is_back_within(self, seconds: float, *, at_least: int) -> bool:
        """Whether so many returns were seen at least, and after each the work went on as before in so many seconds."""
        seen = [took for took in self.resumed if took is not None]
        return len(seen) >= at_least and all(took <= seconds for took in seen)

    @property
    def slowest(self) -> float | None:
        """Seconds of the slowest return, where any was seen."""
        return max((seconds for seconds in self.resumed if seconds is not None), default=None)

    def __str__(self) -> str:
        named = {
            "lost": self.lost, "wrong": self.wrong, "doubled": self.doubled, "overlaps": self.overlaps,
            "left": self.left,
        }  # fmt: skip
        counted = ", ".join(f"{name} {len(jobs)}{_some(jobs)}" for name, jobs in named.items())
        back = "" if self.slowest is None else f", back within {self.slowest:.1f} s"
        return f"{self.added} jobs in {self.runs} runs: {counted}, attempts charged {self.charged}{back}"


def judge(
    ledger: Ledger, records: Mapping[str, JobSummary | None], *, forgotten: Collection[str] = (),
    left: Collection[str] = (),
) -> Verdict:  # fmt: skip
    """``records`` has an entry for each job that was added; each should have succeeded. ``forgotten`` ones may have
    none."""
    runs: dict[str, list[Run]] = defaultdict(list)
    for run in ledger.runs:
        runs[run.job].append(run)
    done = Counter(run.job for run in ledger.runs if run.how == END)
    return Verdict(
        added=len(ledger.added),
        runs=len(ledger.runs),
        lost=tuple(sorted(ledger.added - done.keys())),
        wrong=tuple(
            f"{job}: {_state(record)}"
            for job, record in sorted(records.items())
            if not (record.state is JobState.SUCCEEDED if record is not None else job in forgotten)
        ),
        doubled=tuple(sorted(job for job, times in done.items() if times > 1)),
        overlaps=tuple(job for job in sorted(runs) for _ in _overlaps(runs[job])),
        charged=sum(_charged(record, runs[job]) for job, record in records.items() if record is not None),
        resumed=resumed(ledger),
        left=tuple(left),
    )


def _state(record: JobSummary | None) -> str:
    return "no record" if record is None else str(record.state)


def _charged(record: JobSummary, runs: Iterable[Run]) -> int:
    """A job that was done twice has two runs for one attempt: nothing was charged, so never less than none."""
    accounted = len({run.attempt for run in runs if run.how in (END, FAIL)})
    return max(0, record.attempt - accounted)


def _overlaps(runs: list[Run]) -> Iterable[tuple[Run, Run]]:
    """Pairs of runs that were in progress at one time; a run without an end is in progress for ever."""
    ordered = sorted(runs, key=lambda run: run.began)
    for number, first in enumerate(ordered):
        end = ENDLESS if first.ended is None else first.ended
        for second in ordered[number + 1 :]:
            if second.began < end:
                yield first, second


WINDOW: Final = SECOND
SHARE: Final = 0.5
"""Of the throughput before the first fault, that a second must have for the work to go on as before."""


def resumed(ledger: Ledger) -> tuple[float | None, ...]:
    rate = _rate_before_faults(ledger)
    return tuple(_resumed(ledger.ends, moment.at, rate) for moment in ledger.moments if moment.kind == BACK)


def _rate_before_faults(ledger: Ledger) -> float:
    """Ends a second up to the first fault, without the second in which workers start."""
    first = next((moment.at for moment in ledger.moments if moment.kind == FAULT), 0)
    before = [at for at in ledger.ends if at < first]
    span = (first - before[0]) / WINDOW if before else 0.0
    return len(before) / span if span > 0 else 0.0


def _resumed(ends: list[int], back: int, rate: float) -> float | None:
    """The first of the ends after ``back`` that begins a second as busy as half of those before the faults. A load that
    only trickled to its end was not back before that."""
    needed = max(2, round(rate * SHARE))
    after = [at for at in ends if at >= back]
    for number in range(len(after) - needed + 1):
        if after[number + needed - 1] - after[number] <= WINDOW:
            return (after[number] - back) / WINDOW
    return (after[-1] - back) / WINDOW if len(after) >= needed else None


def _some(jobs: tuple[str, ...]) -> str:
    return f" ({'; '.join(jobs[:SHOWN])}{' …' if len(jobs) > SHOWN else ''})" if jobs else ""
