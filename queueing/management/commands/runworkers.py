from __future__ import annotations

import asyncio
import os
import socket
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from django.utils import autoreload

from queueing import conf, runtime, sync
from queueing.errors import ConfigurationError, InvalidName, StoreError
from queueing.worker import logs, process
from queueing.worker.banner import banner
from queueing.worker.options import WorkerOptions
from queueing.worker.supervisor import Supervisor, this_command
from queueing.worker.worker import Worker


class Command(BaseCommand):
    help = (
        "Run workers. Ctrl-C or SIGTERM stops them: running jobs may finish within the grace, the rest is handed back."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=5, help="jobs at a time, per worker (5)")
        parser.add_argument("--workers", type=int, default=1, help="worker processes (1)")
        parser.add_argument("--queues", default="", help="queues to serve, separated by commas (all that jobs name)")
        parser.add_argument("--grace", type=float, default=30.0, help="seconds for running jobs at the end (30)")
        parser.add_argument("--name", default="", help="shown before the worker's id, to tell fleets apart")
        parser.add_argument("--reload", action="store_true", help="start afresh when the code changes; for development")
        parser.add_argument("--json-logs", action="store_true", help="one JSON object a line")
        parser.add_argument("--log-level", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR"])
        parser.add_argument("--lifeline", type=int, default=None, help="for a supervisor's children")

    def handle(self, **given: Any) -> None:
        logs.configure(as_json=given["json_logs"], level=given["log_level"])
        options = self._options(given)
        if conf.from_django().embedded:
            raise CommandError(
                "The embedded engines live within one process, so a worker of its own would see no jobs. "
                "Set LEVERET_AMQP_URL and LEVERET_REDIS_URL, or use `manage.py demo`."
            )
        if not options.queues and not len(runtime.registry):
            raise CommandError(
                "No job types are registered, so there is nothing to run. Write a jobs.py with @job in an installed "
                "app, or name the queues with --queues."
            )
        supervised = given["lifeline"] is not None
        if not supervised and (options.workers > 1 or given["reload"]):
            if not given["json_logs"]:
                self._greet(options)
            code = self._supervise(options, reload=given["reload"])
        else:
            code = self._work(options, given)
        # Not sys.exit: it would wait for the threads of synchronous handlers that did not stop in time.
        self.stdout.flush()
        self.stderr.flush()
        os._exit(code)

    def _options(self, given: dict[str, Any]) -> WorkerOptions:
        try:
            return WorkerOptions(
                concurrency=given["concurrency"],
                workers=given["workers"],
                queues=tuple(filter(None, (name.strip() for name in given["queues"].split(",")))),
                grace=given["grace"],
                name=given["name"],
            )
        except (ConfigurationError, InvalidName) as wrong:
            raise CommandError(str(wrong)) from wrong

    def _work(self, options: WorkerOptions, given: dict[str, Any]) -> int:
        one = WorkerOptions(
            concurrency=options.concurrency, queues=options.queues, grace=options.grace, name=options.name
        )

        def prepare() -> Worker:
            worker = runtime.cluster().worker(one)
            worker.guard = close_old_connections
            return worker

        supervised = given["lifeline"] is not None
        if not supervised and not given["json_logs"]:
            self._greet(options)
        return process.run(prepare, lifeline=given["lifeline"])

    def _greet(self, options: WorkerOptions) -> None:
        self.stderr.write(banner(options, runtime.registry, conf.from_django()))

    def _supervise(self, options: WorkerOptions, *, reload: bool) -> int:
        async def bury(pid: int) -> None:
            try:
                store = runtime.cluster().store
                for worker in await store.workers():
                    if (worker.host, worker.pid) == (socket.gethostname(), pid):
                        await store.forget_worker(worker.id)
            except StoreError as failure:
                self.stderr.write(f"The dead worker's key runs out by itself: {failure}")

        async def run() -> int:
            sync.adopt(asyncio.get_running_loop())
            changed = _changes() if reload else None
            return await Supervisor(this_command(), options.workers, bury=bury, changed=changed).run()

        return asyncio.run(run())


def _changes() -> Any:
    """Whether a module of this process was touched since the last call."""
    reloader = autoreload.StatReloader()
    seen = dict(reloader.snapshot_files())

    def changed() -> bool:
        nonlocal seen
        before, seen = seen, dict(reloader.snapshot_files())
        return any(before.get(file) != stamp for file, stamp in seen.items() if file in before)

    return changed
