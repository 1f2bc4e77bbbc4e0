"""A project on real servers: its commands as subprocesses, its queue and store to look into from outside."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from queueing.conf import ClusterConfig
from queueing.domain.job import JobRecord
from queueing.domain.registry import Registry
from queueing.domain.states import JobState
from queueing.runtime import Cluster
from tests.acceptance.console import Console
from tests.eventually import eventually

ROOT: Final = Path(__file__).resolve().parents[2]
QUEUES: Final = ("post", "parcels")
USERS: Final = """
from django.contrib.auth.models import Group, User
from django.core.management import call_command
call_command("migrate", verbosity=0)
for name in ("Viewer", "Operator", "Admin"):
    User.objects.create_user(name.lower(), password=%r).groups.add(Group.objects.get(name=name))
"""


class Project:
    def __init__(
        self, folder: Path, *, amqp_url: str, redis_url: str, prefix: str, apps: str = "tests.acceptance.shop"
    ) -> None:
        self.folder, self.prefix = folder, prefix
        self.environment = os.environ | {
            "LEVERET_AMQP_URL": amqp_url,
            "LEVERET_REDIS_URL": redis_url,
            "LEVERET_PREFIX": prefix,
            "LEVERET_APPS": apps,
            "LEVERET_DEMO": "0",
            "SHOP_FOLDER": str(folder),
            "SECRET_KEY": "tests-only",
            "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "STATIC_FROM_SOURCE": "1",
        }
        config = ClusterConfig(amqp_url=amqp_url, redis_url=redis_url, prefix=prefix)
        self.cluster = Cluster(config, types=Registry())

    @property
    def ledger(self) -> list[str]:
        path = self.folder / "ledger"
        return path.read_text().splitlines() if path.exists() else []

    def mend(self) -> None:
        (self.folder / "mended").touch()

    async def manage(self, *arguments: str) -> str:
        """Run a command to its end and return what it prints."""
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    async def create_users(self, password: str) -> None:
        """The tables, and in them viewer, operator and admin, each in the group of that name."""
        await self.manage("shell", "--verbosity", "0", "-c", USERS % password)

    @contextlib.asynccontextmanager
    async def console(self) -> AsyncIterator[Console]:
        """The console on Daphne, answering."""
        number = len(list(self.folder.glob("console-*")))
        console = Console(self.environment, self.folder / f"console-{number}.log", folder=ROOT)
        try:
            await console.start()
            yield console
        finally:
            await console.stop()

    @contextlib.asynccontextmanager
    async def workers(self, *arguments: str) -> AsyncIterator[Workers]:
        """``manage.py runworkers`` with these arguments, ready to work; stopped by SIGTERM at the end."""
        async with self.running("runworkers", *arguments) as workers:
            yield workers

    @contextlib.asynccontextmanager
    async def running(self, command: str, *arguments: str) -> AsyncIterator[Workers]:
        """A command that runs until SIGTERM."""
        log = self.folder / f"{command}-{len(list(self.folder.glob(f'{command}-*')))}.log"
        with log.open("w") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "manage.py",
                command,
                *arguments,
                cwd=ROOT,
                env=self.environment,
                stdout=out,
                stderr=out,
            )
        running = Workers(process, log)
        try:
            yield running
        finally:
            await running.stop()

    async def job(self, job_id: str) -> JobRecord | None:
        return await self.cluster.inspector.job(job_id)

    async def becomes(self, job_id: str, state: JobState, *, timeout: float = 60.0) -> JobRecord:
        async def reached() -> JobRecord | None:
            job = await self.job(job_id)
            return job if job is not None and job.state is state else None

        return await eventually(reached, timeout=timeout, message=f"{job_id} to become {state}")

    async def counts(self) -> dict[JobState, int]:
        return {state: n for state, n in (await self.cluster.inspector.counts()).items() if n}


class Workers:
    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process, self._log = process, log

    @property
    def output(self) -> str:
        return self._log.read_text()

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 40)
