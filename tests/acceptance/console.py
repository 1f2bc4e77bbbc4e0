"""The console as it is served: Daphne in a process of its own, on a port that it keeps when it is started again."""

from __future__ import annotations

import asyncio
import http.client
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.eventually import eventually

HOST = "127.0.0.1"


class Console:
    def __init__(self, environment: Mapping[str, str], log: Path, *, folder: Path) -> None:
        self._environment, self._log, self._folder = environment, log, folder
        self.port = free_port()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("The console is not running.")
        return self._process.pid

    @property
    def output(self) -> str:
        return self._log.read_text()

    async def start(self) -> None:
        with self._log.open("a") as out:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "daphne", "-b", HOST, "-p", str(self.port), "dashboard.asgi:application"),
                cwd=self._folder,
                env=self._environment,
                stdout=out,
                stderr=out,
            )
        await eventually(self._ready, timeout=60, interval=0.1, message="the console to be ready")

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _ready(self) -> bool:
        process = self._process
        if process is None or process.returncode is not None:
            # Not an AssertionError: waiting longer would not help.
            raise RuntimeError(f"The console has ended:\n{self.output}")
        return await asyncio.to_thread(healthy, self.port)


def healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
        return port
