from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import CommandError

from queueing.domain.ports import Changed
from queueing.domain.states import JobState
from queueing.management.operators import OperatorCommand, by


class Command(OperatorCommand):
    help = "Put failed jobs back on their queues, each as a new epoch with all its attempts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", metavar="ID", help="jobs to replay")
        parser.add_argument("--queue", help="all dead letters of this queue instead")
        parser.add_argument("--yes", action="store_true", help="do not ask before a whole queue")
        super().add_arguments(parser)

    def handle(self, *, ids: list[str], queue: str | None, yes: bool, as_json: bool, **given: Any) -> None:
        if bool(ids) == bool(queue):
            raise CommandError("Name the jobs, or a queue with --queue.")
        if queue:
            self.whole_queue(queue, yes, as_json)
        else:
            self.some(list(dict.fromkeys(ids)), as_json)

    def some(self, ids: list[str], as_json: bool) -> None:
        changes = self.ask(lambda cluster: cluster.operations.retry(ids, by=by()))
        done = sum(change.done for change in changes)
        if as_json:
            self.print_json([entry(job_id, change) for job_id, change in zip(ids, changes, strict=True)])
        else:
            self.say(f"Replayed {done:,}.")
        if done < len(ids):
            why = Counter(change.reason for change in changes if not change.done)
            reasons = " ".join(f"{count} × {reason}" if count > 1 else reason for reason, count in why.items())
            raise CommandError(f"{len(ids) - done} {'was' if len(ids) - done == 1 else 'were'} not replayed: {reasons}")

    def whole_queue(self, queue: str, yes: bool, as_json: bool) -> None:
        status = self.ask(lambda cluster: cluster.inspector.queue(queue))
        if status is None:
            raise CommandError(f"There is no queue {queue!r}. `manage.py queues` lists them.")
        failed = status.counts[JobState.FAILED]
        if failed and not yes and not self.confirmed(queue, failed):
            raise CommandError("Nothing was replayed. --yes goes on without asking.")
        done, refused = self.ask(lambda cluster: cluster.operations.replay_queue(queue, by=by()))
        if as_json:
            self.print_json({"queue": queue, "replayed": done, "refused": refused})
        else:
            self.say(f"Replayed {done:,} of {queue}.")
        if refused:
            raise CommandError(
                f"{refused:,} {'was' if refused == 1 else 'were'} not: they had left the dead letters meanwhile, or "
                "another job holds their unique key."
            )

    def confirmed(self, queue: str, failed: int) -> bool:
        try:
            answer = input(f"Replay {failed:,} dead letter{'' if failed == 1 else 's'} of {queue}? [y/N] ")
        except EOFError:
            return False
        return answer.strip().lower() in ("y", "yes")


def entry(job_id: str, change: Changed) -> dict[str, object]:
    return {"id": job_id, "replayed": change.done, "state": change.state, "reason": change.reason}
