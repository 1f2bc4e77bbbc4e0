from __future__ import annotations

from datetime import datetime
from typing import Any

from queueing.domain.schedules import ScheduleStatus
from queueing.domain.timing import Cron, Timing
from queueing.management.operators import OperatorCommand
from queueing.management.tables import Column, age

COLUMNS = (
    Column("SCHEDULE"),
    Column("JOB"),
    Column("QUEUE"),
    Column("WHEN"),
    Column("NEXT", right=True),
    Column("LAST", right=True),
    Column("JOB STATE"),
    Column(""),
)


class Command(OperatorCommand):
    help = "Which jobs are added by schedule: when the next is due, and how the last one went."

    def handle(self, *, as_json: bool, **given: Any) -> None:
        found = self.ask(lambda cluster: cluster.inspector.schedules())
        if as_json:
            self.print_json(found)
        elif found:
            now = self.now()
            self.print_table(COLUMNS, [row(status, now) for status in found])
        else:
            self.say("No schedule yet. Make one in the console, or give a job one: @job(schedule=cron('0 7 * * *')).")


def row(status: ScheduleStatus, now: datetime) -> list[object]:
    schedule = status.schedule
    last = next((firing for firing in status.firings if firing.job), None)
    return [
        *(status.name, schedule.type, schedule.queue, rule(schedule.timing)),
        *(f"in {age(status.due_at, now)}" if status.fires else "-", age(last.at, now) if last else "-"),
        *(last.state if last else None, remark(status)),
    ]


def rule(timing: Timing) -> str:
    return f"{timing.expression} {timing.tz}" if isinstance(timing, Cron) else str(timing).lower()


def remark(status: ScheduleStatus) -> str:
    if status.paused:
        return f"paused by {status.paused_by}"
    return "no worker has it" if status.lapsed else ""
