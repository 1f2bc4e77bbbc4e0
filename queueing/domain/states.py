"""The states of a job, and the one table of moves between them."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class JobState(StrEnum):
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def gloss(self) -> str:
        return GLOSS[self]

    @property
    def is_finished(self) -> bool:
        return self in FINISHED

    def may_become(self, other: JobState) -> bool:
        return other in TRANSITIONS[self]


S = JobState

GLOSS: Final = MappingProxyType(
    {
        S.SCHEDULED: "waits for its time",
        S.QUEUED: "waits for a worker",
        S.RUNNING: "is being run by a worker",
        S.RETRYING: "failed once or more, waits for its next attempt",
        S.SUCCEEDED: "its handler returned",
        S.FAILED: "has no attempts left, rests in the dead-letter queue",
        S.CANCELLED: "was called off",
    }
)

# A due job may be claimed before the scheduler has promoted it, hence scheduled → running:
# the message that comes home is what starts it, the promotion only shows that it is due.
TRANSITIONS: Final = MappingProxyType(
    {
        S.SCHEDULED: frozenset({S.QUEUED, S.RUNNING, S.FAILED, S.CANCELLED}),
        S.QUEUED: frozenset({S.RUNNING, S.FAILED, S.CANCELLED}),
        S.RUNNING: frozenset({S.SUCCEEDED, S.RETRYING, S.FAILED, S.CANCELLED, S.QUEUED}),
        S.RETRYING: frozenset({S.RUNNING, S.QUEUED, S.FAILED, S.CANCELLED}),
        S.FAILED: frozenset({S.QUEUED}),
        S.SUCCEEDED: frozenset({S.QUEUED}),
        S.CANCELLED: frozenset({S.QUEUED}),
    }
)

FINISHED: Final = frozenset({S.SUCCEEDED, S.FAILED, S.CANCELLED})
WAITING: Final = frozenset({S.SCHEDULED, S.QUEUED, S.RETRYING})
