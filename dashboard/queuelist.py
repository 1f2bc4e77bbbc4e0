"""Queues as the console shows them: the store's counts beside the broker's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, pgettext

from queueing.domain.reading import LaneCount, QueueDepth, QueueStatus
from queueing.domain.states import JobState


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an operator should know of a queue before its figures."""

    word: str
    tone: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    status: QueueStatus

    @property
    def name(self) -> str:
        return self.status.name

    @property
    def counts(self) -> dict[str, int]:
        return {str(state): count for state, count in self.status.counts.items()}

    @property
    def waiting(self) -> int:
        return self.status.counts[JobState.QUEUED]

    @property
    def purgeable(self) -> int:
        """What a purge cancels: all that has not begun."""
        return sum(self.status.counts[state] for state in (JobState.QUEUED, JobState.SCHEDULED, JobState.RETRYING))

    @property
    def depth(self) -> QueueDepth | None:
        return self.status.depth

    @property
    def oldest(self) -> datetime | None:
        return self.status.oldest_waiting

    @property
    def types(self) -> tuple[LaneCount, ...]:
        return self.status.types

    @property
    def paused_by(self) -> str:
        return self.status.paused_by.removeprefix("console:")

    @property
    def unserved(self) -> bool:
        return self.status.workers == 0 and self.waiting > 0

    @property
    def verdict(self) -> Verdict | None:
        if self.status.paused:
            return Verdict(pgettext("queue", "paused"), "is-off", "player-pause")
        if self.unserved:
            return Verdict(gettext("no worker"), "is-error")
        return None

    @property
    def stray(self) -> int | None:
        """Dead letters more (or fewer) than failed jobs: replayed ones not yet swept, or foreign ones not yet taken
        in. None: the broker does not say."""
        if self.depth is None:
            return None
        return (self.depth.dead or 0) - self.status.counts[JobState.FAILED]


def shown(queues: list[QueueStatus]) -> list[Shown]:
    return [Shown(queue) for queue in queues]


def nothing(name: str) -> Shown:
    """A queue of which nobody knows anything any more."""
    counts = dict.fromkeys(JobState, 0)
    return Shown(
        QueueStatus(
            name=name, counts=counts, types=(), paused=False, paused_by="", depth=None, oldest_waiting=None, workers=0
        )
    )
