"""From the database into force: when one is saved, a worker starts, a minute has passed, or Redis comes back empty."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import close_old_connections
from django.utils.translation import gettext as _

from dashboard import engine
from dashboard.schedules.records import ScheduleRecord
from queueing.domain.schedules import Schedule
from queueing.errors import InvalidJob, InvalidSchedule, StoreError

log = logging.getLogger("dashboard.schedules")


def declare(record: ScheduleRecord) -> None:
    """Raises StoreError: then it comes into force within a minute of Redis being back. Raises InvalidSchedule where the
    code has a schedule of that name."""
    declared = engine.act(lambda operations: operations.declare_schedule(record.as_schedule()))
    if declared.taken:
        raise InvalidSchedule(
            _("The code has a schedule %(name)s already. Choose another name.") % {"name": record.name}
        )


def is_taken(name: str) -> bool:
    """By the code, as far as somebody can tell now."""
    try:
        found = engine.look(lambda inspector: inspector.schedule(name, firings=0))
    except StoreError:
        return False
    return found is not None and found.schedule.source == "code"


def withdraw(name: str) -> None:
    """Raises StoreError: then it goes within a minute of Redis being back."""
    engine.act(lambda operations: operations.remove_schedule(name))


def kept() -> Sequence[Schedule]:
    """All of them, for a worker to declare. Runs in a thread of its own."""
    close_old_connections()
    try:
        found = [_readable(record) for record in ScheduleRecord.objects.all()]
    finally:
        close_old_connections()
    return [schedule for schedule in found if schedule is not None]


def _readable(record: ScheduleRecord) -> Schedule | None:
    """A handler may have changed since it was saved: one such schedule must not keep the others out of force."""
    try:
        return record.as_schedule()
    except InvalidJob as wrong:
        log.error("The schedule %s is not in force any more: %s", record.name, wrong)
        return None
