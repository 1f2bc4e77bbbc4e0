"""What can be done to many jobs at once, and to which of them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
from django.utils.translation import gettext, gettext_noop

from dashboard import acts
from dashboard.letterlist import LOOPS
from queueing.domain.ports import Changed, Receipt
from queueing.domain.reading import JobFilter
from queueing.domain.states import FINISHED, WAITING, JobState
from queueing.operations import Operations

Deed: TypeAlias = Callable[[Operations, Sequence[str], str, Receipt | None], Coroutine[Any, Any, list[Changed]]]

S = JobState
ALTHOUGH = "-although"
AHEAD = frozenset({S.SCHEDULED, S.RETRYING})
"""States whose time may lie in the future."""


@dataclass(frozen=True, slots=True)
class BulkAct:
    key: str
    """In URLs."""
    act: acts.Act
    past: str
    states: tuple[JobState, ...]
    unasked: tuple[JobState, ...]
    """Where no state was asked for. A retry of all that is finished would also run again what succeeded."""
    does: str
    """To each job."""
    deed: Deed
    although: str = ""
    """The act that leaves nothing out, where this one leaves alone what keeps coming back. Its key, which ends in
    :data:`ALTHOUGH`."""

    @property
    def verb(self) -> str:
        return self.act.verb

    @property
    def minds_comebacks(self) -> bool:
        """It leaves alone what keeps coming back, or was told not to."""
        return bool(self.although) or self.is_although

    @property
    def is_although(self) -> bool:
        return self.key.endswith(ALTHOUGH)

    @property
    def is_replay(self) -> bool:
        return self.key.startswith("replay")

    @property
    def label(self) -> str:
        return self.act.label

    @property
    def means(self) -> str:
        return gettext(self.does)

    def narrowed(self, wanted: JobFilter) -> tuple[JobState, ...]:
        return tuple(state for state in self.states if state in wanted.states) if wanted.states else self.unasked

    def filters(self, wanted: JobFilter, moment: datetime) -> Iterator[JobFilter]:
        """What of ``wanted`` can be acted on, as it was at ``moment``."""
        chosen = self.narrowed(wanted)
        past = tuple(state for state in chosen if state not in AHEAD)
        ahead = tuple(state for state in chosen if state in AHEAD)
        until = min(wanted.until or moment, moment)
        if past:
            yield msgspec.structs.replace(wanted, states=past, until=until)
        if ahead:
            yield msgspec.structs.replace(wanted, states=ahead, until=None if until == moment else until)


def _all(operations: Operations, ids: Sequence[str], by: str, receipt: Receipt | None) -> Any:
    return operations.retry(ids, by=by, receipt=receipt)


def _mindful(operations: Operations, ids: Sequence[str], by: str, receipt: Receipt | None) -> Any:
    return operations.retry(ids, by=by, receipt=receipt, comebacks=LOOPS)


def _hasten(operations: Operations, ids: Sequence[str], by: str, receipt: Receipt | None) -> Any:
    return operations.hasten(ids, by=by, receipt=receipt)


def _cancel(operations: Operations, ids: Sequence[str], by: str, receipt: Receipt | None) -> Any:
    return operations.cancel(ids, by=by, receipt=receipt)


def _discard(operations: Operations, ids: Sequence[str], by: str, receipt: Receipt | None) -> Any:
    return operations.discard(ids, receipt=receipt)


ENDED = tuple(sorted(FINISHED))
PENDING = (*sorted(WAITING), S.RUNNING)
REPLAY = acts.Act("replay", gettext_noop("Replay"), "refresh", "", "r")
AGAIN = gettext_noop("Each is queued again as a new epoch of the same job, with all its attempts.")
EARLY = gettext_noop("Each is due now and waits for the next free worker.")
OFF = gettext_noop("Those that wait are called off, those that run are asked to stop. They can be run again.")
GONE = gettext_noop(
    "Records, payloads, logs and results are deleted, and so are their messages. Nothing brings them back."
)
ACTS = {
    "retry": BulkAct("retry", acts.RETRY, "Retried", ENDED, (S.FAILED,), AGAIN, _mindful, "retry-although"),
    "retry-although": BulkAct("retry-although", acts.RETRY, "Retried", ENDED, (S.FAILED,), AGAIN, _all),
    "replay": BulkAct("replay", REPLAY, "Replayed", (S.FAILED,), (S.FAILED,), AGAIN, _mindful, "replay-although"),
    "replay-although": BulkAct("replay-although", REPLAY, "Replayed", (S.FAILED,), (S.FAILED,), AGAIN, _all),
    "run-now": BulkAct("run-now", acts.RUN_NOW, "Queued", tuple(AHEAD), tuple(AHEAD), EARLY, _hasten),
    "cancel": BulkAct("cancel", acts.CANCEL, "Cancelled", PENDING, PENDING, OFF, _cancel),
    "discard": BulkAct("discard", acts.DISCARD, "Discarded", ENDED, ENDED, GONE, _discard),
}
