from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

import msgspec
from django.core.management.base import CommandError

from queueing.domain.job import JobRecord, JobSummary
from queueing.domain.reading import JobFilter
from queueing.domain.states import JobState
from queueing.management.operators import OperatorCommand
from queueing.management.tables import Column, age

COLUMNS = (
    Column("ID"),
    Column("STATE"),
    Column("QUEUE", widest=30),
    Column("TYPE", widest=40),
    Column("ATTEMPT", right=True),
    Column("AGE", right=True),
    Column("DETAIL", widest=70),
)
MOST = 10_000


class Command(OperatorCommand):
    help = "List jobs, newest first, or show one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="{list,show}")
        listing = verbs.add_parser("list", help="jobs, newest first")
        listing.add_argument(
            "--state", action="append", default=[], choices=[state.value for state in JobState], help="may be repeated"
        )
        listing.add_argument("--queue", action="append", default=[], help="may be repeated")
        listing.add_argument("--type", action="append", default=[], help="may be repeated")
        listing.add_argument("--tag")
        listing.add_argument("--limit", type=int, default=50, help=f"50; at most {MOST:,}")
        super().add_arguments(listing)
        showing = verbs.add_parser("show", help="everything about one job")
        showing.add_argument("id")
        super().add_arguments(showing)

    def handle(self, *, verb: str, as_json: bool, **given: Any) -> None:
        if verb == "show":
            self.show(given["id"], as_json)
        else:
            self.listed(given, as_json)

    def listed(self, given: dict[str, Any], as_json: bool) -> None:
        if not 0 < given["limit"] <= MOST:
            raise CommandError(f"--limit takes 1 to {MOST:,}.")
        wanted = JobFilter(
            states=tuple(JobState(state) for state in given["state"]),
            queues=tuple(given["queue"]),
            types=tuple(given["type"]),
            tag=given["tag"],
        )
        page = self.ask(lambda cluster: cluster.inspector.page(wanted, limit=given["limit"]))
        if as_json:
            self.print_json(page.rows)
            return
        now = self.now()
        self.print_table(COLUMNS, [row(job, now) for job in page.rows])
        if not page.rows:
            self.say("No such job.")
        elif page.older:
            self.say(f"There are more. --limit {min(MOST, given['limit'] * 10)} shows them.")

    def show(self, job_id: str, as_json: bool) -> None:
        record = self.ask(lambda cluster: cluster.inspector.job(job_id))
        if record is None:
            raise CommandError(f"There is no job {job_id!r}: the id is wrong, or its retention has ended.")
        if as_json:
            self.print_json(as_data(record))
        else:
            for name, text in lines(record):
                self.say(f"{name:<12}  {text}")


def row(job: JobSummary, now: datetime) -> list[object]:
    at = job.finished_at or job.started_at or job.due_at or job.created_at
    return [
        *(job.id, job.state, job.queue, job.type, f"{job.attempt} of {job.max_attempts}"),
        *(age(at, now), detail(job)),
    ]


def detail(job: JobSummary) -> str:
    if job.error_kind and job.state is not JobState.SUCCEEDED:
        return f"{job.error_kind}: {job.error_message or ''}"
    return job.note or ""


def lines(job: JobRecord) -> list[tuple[str, str]]:
    """Name and text of all that there is to say in a line."""
    moments = [
        ("created", job.created_at),
        ("due", job.due_at),
        ("started", job.started_at),
        ("ended", job.finished_at),
    ]
    found = [
        ("id", job.id),
        ("state", f"{job.state}: {job.state.gloss}"),
        ("queue", job.queue),
        ("type", job.type),
        ("attempt", f"{job.attempt} of {job.max_attempts}, epoch {job.epoch}"),
        ("created by", job.spec.created_by or "-"),
        *((name, at.isoformat(" ", "milliseconds")) for name, at in moments if at),
        ("worker", job.worker or "-"),
        ("tags", ", ".join(job.tags) or "-"),
        ("payload", text_of(job.payload)),
    ]
    if job.result is not None:
        found.append(("result", text_of(job.result)))
    for attempt in job.attempts:
        why = f" {attempt.error.kind}: {attempt.error.message}" if attempt.error else ""
        found.append((f"attempt {attempt.number}", f"{attempt.outcome} on {attempt.worker}{why}"))
    found += [("log", f"{line.at.isoformat(' ', 'milliseconds')} {line.level} {line.text}") for line in job.log]
    return found


def as_data(record: JobRecord) -> dict[str, Any]:
    """The record with payload and result as JSON, where they are; raw bytes are base64."""
    data: dict[str, Any] = msgspec.to_builtins(record)
    if record.spec.encoding == "json":
        data["spec"]["payload"] = msgspec.Raw(record.payload)
    if record.result is not None:
        data["result"] = msgspec.Raw(record.result)
    return data


def text_of(body: bytes) -> str:
    return body.decode("utf-8", "backslashreplace")
