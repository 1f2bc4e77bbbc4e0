from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import CommandError

from queueing import runtime
from queueing.copies import add_copies
from queueing.domain.options import JobOptions
from queueing.domain.registry import DEFAULT_QUEUE, JobType
from queueing.errors import InvalidJob
from queueing.management.operators import OperatorCommand, by
from queueing.management.payloads import payload

MOST = 100_000


class Command(OperatorCommand):
    help = (
        'Enqueue a job: enqueue send_email \'{"to": "a@example.org", "subject": "Hello"}\', or '
        "enqueue send_email to=a@example.org subject=Hello."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("type", help="the job type")
        parser.add_argument("payload", nargs="*", help="JSON, or key=value pairs")
        parser.add_argument("--queue", help="instead of the type's own")
        parser.add_argument("--delay", type=float, help="seconds until it may start")
        parser.add_argument("--max-attempts", type=int)
        parser.add_argument("--count", type=int, default=1, help=f"so many, all alike; at most {MOST:,}")
        parser.add_argument("--any-type", action="store_true", help="also a type that no code here registers")
        super().add_arguments(parser)

    def handle(self, *, type: str, count: int, as_json: bool, **given: Any) -> None:
        if not 0 < count <= MOST:
            raise CommandError(f"--count takes 1 to {MOST:,}.")
        known = runtime.cluster().registry.get(type)
        if known is None and not given["any_type"]:
            names = ", ".join(found.name for found in runtime.cluster().registry) or "none"
            raise CommandError(
                f"No job type {type!r} is registered here (known: {names}). --any-type enqueues it anyway."
            )
        value, options = payload(given["payload"]), self.options(known, given)
        queue = given["queue"] or (known.queue if known else DEFAULT_QUEUE)
        made = self.ask(lambda cluster: add_copies(cluster.producer, queue, type, value, options, count=count, by=by()))
        ids = made.ids or made.existing[:1]
        if as_json:
            self.print_json(ids)
        elif len(ids) == 1:
            self.say(ids[0])
        else:
            self.say(f"Enqueued {len(ids):,} jobs, {ids[0]} to {ids[-1]}.")
        if made.existing:
            self.stderr.write(f"{len(made.existing):,} not: a job with the same unique key waits or runs already.")

    def options(self, known: JobType | None, given: dict[str, Any]) -> JobOptions:
        wanted = {"delay": given["delay"], "max_attempts": given["max_attempts"]}
        changes = {name: value for name, value in wanted.items() if value is not None}
        try:
            return msgspec.structs.replace(known.options if known else JobOptions(), **changes)
        except InvalidJob as wrong:
            raise CommandError(str(wrong)) from wrong
