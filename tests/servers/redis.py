"""A Redis of our own, that a test may stop, kill and start again."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from tests.servers.find_redis import SERVER, ping
from tests.servers.found import Unavailable
from tests.servers.process import ServerProcess, free_port

START_TIMEOUT = 20.0


class PrivateRedis:
    """One server with its own folder and port. ``aof`` is how often it syncs its append-only file; None: it keeps
    nothing on disk. Data survive as far as ``aof`` promises; ``close`` removes them."""

    def __init__(self, *, aof: Literal["always", "everysec"] | None = None) -> None:
        program = os.environ.get(SERVER) or "redis-server"
        binary = shutil.which(program)
        if not binary:
            raise Unavailable(f"{program} is not installed")
        self._home = Path(tempfile.mkdtemp(prefix="leveret-redis-"))
        self._port = free_port()
        persistence = ["--appendonly", "yes", "--appendfsync", aof] if aof else ["--appendonly", "no"]
        self._command = [
            binary,
            *("--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(self._home), "--save", ""),
            *("--maxmemory-policy", "noeviction", *persistence),
        ]
        self._server: ServerProcess | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    @property
    def pid(self) -> int | None:
        return self._server.pid if self._server and self._server.running else None

    @property
    def log(self) -> Path:
        return self._home / "server.log"

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Takes connections, and says nothing."""
        assert self.pid is not None
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def start(self) -> None:
        """Returns when it answers."""
        if self.pid:
            return
        self._server = ServerProcess(self._command, log=self.log)
        try:
            self._server.wait_until(lambda: ping(self.url), timeout=START_TIMEOUT)
        except Unavailable:
            self.kill()
            raise

    def stop(self) -> None:
        """In order, as an operator would."""
        if self._server:
            self._server.stop()

    def kill(self) -> None:
        """As a crash would."""
        if self._server:
            self._server.kill()

    @property
    def written(self) -> int:
        """Bytes of the append-only file."""
        return self._aof().stat().st_size

    def lose(self, since: int) -> None:
        """What a power cut takes and a crash does not: all that was written after ``written`` was ``since``. With
        ``everysec`` that may be the last second. Only while it is down."""
        os.truncate(self._aof(), since)

    def _aof(self) -> Path:
        [found] = (self._home / "appendonlydir").glob("*.incr.aof")
        return found

    def restart(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop it and remove its data."""
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> PrivateRedis:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
