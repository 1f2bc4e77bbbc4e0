"""Schedules as the console shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dashboard import enginewords, wording
from dashboard.forms import durations
from dashboard.forms.optionwords import option_name
from dashboard.schedules.form import Preview
from queueing.domain.schedules import CatchUp, Firing, Overlap, ScheduleStatus
from queueing.domain.states import JobState
from queueing.domain.timing import Cron

SHOWN_RUNS = 12

CATCHING = {
    CatchUp.LATEST: gettext_noop("the last one is made up for"),
    CatchUp.SKIP: gettext_noop("left out"),
    CatchUp.ALL: gettext_noop("each is made up for, up to a hundred"),
}
OVERLAPPING = {
    Overlap.ALLOW: gettext_noop("the next one is added beside it"),
    Overlap.SKIP: gettext_noop("the next one is left out"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    status: ScheduleStatus
    queue_paused: bool = False

    @property
    def name(self) -> str:
        return self.status.name

    @property
    def words(self) -> str:
        """``at 02:30 every day``, in the middle of a line."""
        return enginewords.said(self.status.schedule.timing.said)

    @property
    def rule(self) -> str:
        timing = self.status.schedule.timing
        return timing.expression if isinstance(timing, Cron) else f"{timing.seconds} s"

    @property
    def tz(self) -> str:
        """Empty for a pace, which knows none."""
        timing = self.status.schedule.timing
        return timing.tz if isinstance(timing, Cron) else ""

    @property
    def from_code(self) -> bool:
        return self.status.schedule.source == "code"

    @property
    def next_at(self) -> datetime | None:
        return self.status.due_at if self.status.fires else None

    @property
    def paused_by(self) -> str:
        return self.status.paused_by.removeprefix("console:")

    @property
    def runs(self) -> list[Firing]:
        """Those that became jobs, oldest first."""
        return [firing for firing in self.status.firings if firing.kind in ("fired", "manual")][:SHOWN_RUNS][::-1]

    @property
    def failed(self) -> int:
        return sum(firing.state is JobState.FAILED for firing in self.runs)

    @property
    def last(self) -> Firing | None:
        return self.runs[-1] if self.runs else None

    @property
    def catching(self) -> str:
        return _(CATCHING[self.status.schedule.catch_up])

    @property
    def overlapping(self) -> str:
        return _(OVERLAPPING[self.status.schedule.overlap])

    @property
    def options(self) -> list[tuple[str, str]]:
        """Of its jobs: the attempts, and what else somebody has set, as a reader knows them."""
        own = self.status.schedule.options
        found = {
            "max_attempts": wording.number(own.max_attempts),
            "timeout": durations.written(own.timeout) if own.timeout else "",
            "priority": "" if own.priority is None else str(own.priority),
            "tags": " ".join(own.tags),
            "unique_key": own.unique_key or "",
        }
        return [(option_name(name), text) for name, text in found.items() if text]

    @property
    def preview(self) -> Preview:
        return Preview(self.status.schedule.timing)


def shown(statuses: Sequence[ScheduleStatus], paused: frozenset[str] = frozenset()) -> list[Shown]:
    return [Shown(status, status.schedule.queue in paused) for status in statuses]
