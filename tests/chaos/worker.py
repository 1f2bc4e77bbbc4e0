"""``python -m tests.chaos.worker SETUP``: one worker process, as ``runworkers`` starts it, with the chaos handlers."""

from __future__ import annotations

import sys

from queueing.runtime import Cluster
from queueing.worker import logs, process
from queueing.worker.worker import Worker
from tests.chaos.handlers import registry
from tests.chaos.hurry import hurry
from tests.chaos.ledger import Pen
from tests.chaos.setup import given


def main() -> int:
    setup = given()
    logs.configure(as_json=False, level="INFO")
    if setup.patience is not None:
        hurry(setup.patience)

    def prepare() -> Worker:
        return Cluster(setup.cluster, types=registry(Pen(setup.path))).worker(setup.options)

    return process.run(prepare, lifeline=setup.lifeline)


if __name__ == "__main__":
    sys.exit(main())
