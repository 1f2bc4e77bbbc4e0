from __future__ import annotations

import asyncio
import errno
import logging
import os
import secrets
import socket
from argparse import ArgumentParser
from concurrent.futures import Future
from typing import Any

from channels.routing import get_default_application
from daphne.server import Server
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from queueing import conf, runtime, sync
from queueing.demo.traffic import Traffic
from queueing.errors import LeveretError
from queueing.worker import capture, logs
from queueing.worker.options import WorkerOptions
from queueing.worker.worker import Worker

HOST = "127.0.0.1"
USER = "admin"


class Command(BaseCommand):
    help = "The console, workers and sample jobs in one process, to look at. PORT and DEMO_PASSWORD are honoured."
    requires_system_checks = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--servers", action="store_true", help="on LEVERET_AMQP_URL and LEVERET_REDIS_URL")
        parser.add_argument("--no-traffic", action="store_true", help="without a stream of sample jobs")
        parser.add_argument("--no-workers", action="store_true", help="without workers, to run them beside it")

    def handle(self, **given: Any) -> None:
        application = get_default_application()
        # After that: an ASGI module sets Django up once more, logging included.
        logs.configure(as_json=False, level="WARNING")
        # Some of its jobs fail on purpose: told here, they would push the address and the password out of sight.
        logging.getLogger("queueing.jobs").setLevel(logging.CRITICAL)
        port = _free_port()
        call_command("migrate", verbosity=0, interactive=False)
        password = _admin()
        self._connect()
        work = _Work(workers=not given["no_workers"], traffic=not given["no_traffic"])
        running = asyncio.run_coroutine_threadsafe(work.run(), sync.engine_loop())
        running.add_done_callback(self._broken)
        try:
            self._serve(application, port, password)
        finally:
            work.stop(running)
        self.stdout.write("Stopped.")

    def _connect(self) -> None:
        try:
            sync.run(runtime.cluster().open())
        except LeveretError as failure:
            raise CommandError(str(failure)) from failure

    def _serve(self, application: Any, port: int, password: str) -> None:
        server = Server(
            application,
            endpoints=[f"tcp:port={port}:interface={HOST}"],
            ready_callable=lambda: self._greet(port, password),
            server_name="leveret",
            application_close_timeout=1,
        )
        server.run()

    def _greet(self, port: int, password: str) -> None:
        config = conf.from_django()
        engines = "embedded" if config.embedded else "RabbitMQ and Redis"
        self.stdout.write(
            f"\nLeveret is running on {engines} engines, with sample jobs.\n\n"
            f"  open      http://{HOST}:{port}/\n"
            f"  log in    {USER}\n"
            f"  password  {password}\n\n"
            "Ctrl-C ends it.\n"
        )
        self.stdout.flush()

    def _broken(self, future: Future[None]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            self.stderr.write(self.style.ERROR(f"The workers have stopped: {error!r}"))


class _Work:
    """Workers and traffic, on the engine loop."""

    def __init__(self, *, workers: bool, traffic: bool) -> None:
        self._workers, self._traffic = workers, traffic
        self._worker: Worker | None = None

    async def run(self) -> None:
        cluster = runtime.cluster()
        handler = capture.install()
        tasks = []
        if self._workers:
            self._worker = cluster.worker(WorkerOptions(concurrency=5, workers=2, grace=1.0))
            self._worker.outside = runtime.outside_schedules
            self._worker.guard = close_old_connections
            tasks.append(asyncio.create_task(self._worker.run()))
        if self._traffic:
            tasks.append(asyncio.create_task(Traffic(cluster.producer).run()))
        try:
            await asyncio.gather(*tasks)
        finally:
            logging.root.removeHandler(handler)
            for task in tasks:
                task.cancel()

    def stop(self, running: Future[None]) -> None:
        """Hand back what runs and close, within a few seconds."""

        async def end() -> None:
            if self._worker is not None:
                self._worker.stop()
                self._worker.stop()

        sync.run(end())
        running.cancel()
        sync.run(runtime.cluster().close(), timeout=10)


def _free_port() -> int:
    given = os.environ.get("PORT", "8000")
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise CommandError(f"PORT must be a number from 1 to 65535, not {given!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(given)))
        except OSError as taken:
            if taken.errno == errno.EADDRINUSE:
                raise CommandError(f"Port {given} is taken. Choose another: PORT=8001 make demo") from taken
            raise CommandError(f"Port {given} cannot be used: {taken.strerror}.") from taken
    return int(given)


def _admin() -> str:
    """The admin's password for this run: DEMO_PASSWORD, or a new random one."""
    password = os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(9)
    user, _ = get_user_model().objects.get_or_create(
        username=USER, defaults={"is_staff": True, "is_superuser": True, "email": "admin@localhost"}
    )
    user.is_staff = user.is_superuser = user.is_active = True
    user.set_password(password)
    user.save()
    return password
