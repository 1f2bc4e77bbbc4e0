from __future__ import annotations

import asyncio
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from django.utils import autoreload

from queueing import checks, conf, runtime, sync
from queueing.errors import ConfigurationError, InvalidName
from queueing.exposition.server import MetricsServer
from queueing.worker import logs, process
from queueing.worker.banner import banner
from queueing.worker.options import WorkerOptions
from queueing.worker.recycling import MIB, Limits
from queueing.worker.supervisor import Supervisor, this_command
from queueing.worker.worker import Worker


class Command(BaseCommand):
    help = (
        "Run workers. Ctrl-C or SIGTERM stops them: running jobs may finish within the grace, the rest is handed back; "
        "a second signal hands back at once. SIGHUP replaces several workers one by one, SIGUSR1 shows where they are."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=5, help="jobs at a time, per worker (5)")
        parser.add_argument("--workers", type=int, default=1, help="worker processes (1)")
        parser.add_argument("--queues", default="", help="queues to serve, separated by commas (all that jobs name)")
        parser.add_argument("--grace", type=float, default=30.0, help="seconds for running jobs at the end (30)")
        parser.add_argument(
            "--max-jobs", type=int, default=0, metavar="N", help="replace a worker process after about N jobs"
        )
        parser.add_argument(
            "--max-rss", type=int, default=0, metavar="MB", help="replace a worker process that has grown to about MB"
        )
        parser.add_argument("--name", default="", help="shown before the worker's id, to tell fleets apart")
        parser.add_argument(
            "--metrics-port",
            type=int,
            default=None,
            metavar="PORT",
            help="serve /metrics to Prometheus there; one port, however many workers",
        )
        parser.add_argument(
            "--metrics-host",
            default="",
            metavar="ADDRESS",
            help='on that address (every one where LEVERET["METRICS_TOKEN"] is set, else 127.0.0.1)',
        )
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
        limits = self._limits(given)
        if given["lifeline"] is None:
            if not given["json_logs"]:
                self._greet(options)
            if not given["skip_checks"]:
                checks.at_start(conf.from_django(), options.queues or runtime.registry.queues())
        metrics = self._metrics(given)
        if given["lifeline"] is None and _needs_a_supervisor(options, limits, reload=given["reload"]):
            code = self._supervise(options, metrics, reload=given["reload"])
        else:
            code = self._work(options, limits, given["lifeline"], metrics)
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

    def _limits(self, given: dict[str, Any]) -> Limits:
        try:
            return Limits(jobs=given["max_jobs"], rss=given["max_rss"] * MIB)
        except ConfigurationError as wrong:
            raise CommandError(str(wrong)) from wrong

    def _metrics(self, given: dict[str, Any]) -> MetricsServer | None:
        """Bound before anything runs, so that a port that is taken is seen at once. A supervisor's children have none:
        it serves the figures of the whole cluster, and so theirs."""
        if given["metrics_port"] is None or given["lifeline"] is not None:
            return None
        try:
            return MetricsServer(given["metrics_port"], host=given["metrics_host"], token=conf.metrics_token())
        except ConfigurationError as wrong:
            raise CommandError(str(wrong)) from wrong

    def _work(self, options: WorkerOptions, limits: Limits, lifeline: int | None, metrics: MetricsServer | None) -> int:
        one = WorkerOptions(
            concurrency=options.concurrency, queues=options.queues, grace=options.grace, name=options.name
        )

        def prepare() -> Worker:
            worker = runtime.cluster().worker(one)
            worker.guard = close_old_connections
            worker.outside = runtime.outside_schedules
            if metrics:
                metrics.start()
            return worker

        return process.run(prepare, lifeline=lifeline, limits=limits)

    def _greet(self, options: WorkerOptions) -> None:
        self.stderr.write(banner(options, runtime.registry, conf.from_django()))

    def _supervise(self, options: WorkerOptions, metrics: MetricsServer | None, *, reload: bool) -> int:
        async def run() -> int:
            sync.adopt(asyncio.get_running_loop())
            if metrics:
                metrics.start()
            return await Supervisor(
                this_command(),
                options.workers,
                forget=runtime.cluster().store.forget_worker,
                patience=process.patience(options.grace),
                changed=_changes() if reload else None,
                # From a terminal it means that the terminal is gone.
                hangup_rolls=not sys.stdin.isatty(),
            ).run()

        return asyncio.run(run())


def _needs_a_supervisor(options: WorkerOptions, limits: Limits, *, reload: bool) -> bool:
    """As the first process of a container also a single worker does: somebody must take away what its handlers'
    programs leave behind, and cannot tell from inside which of them a handler waits for."""
    return options.workers > 1 or reload or bool(limits) or os.getpid() == 1


def _changes() -> Any:
    """Whether a module of this process was touched since the last call."""
    reloader = autoreload.StatReloader()
    seen = dict(reloader.snapshot_files())

    def changed() -> bool:
        nonlocal seen
        before, seen = seen, dict(reloader.snapshot_files())
        return any(before.get(file) != stamp for file, stamp in seen.items() if file in before)

    return changed
