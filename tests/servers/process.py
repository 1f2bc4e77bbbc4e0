"""A server of our own: started in the foreground, waited for, and ended by its process id."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.servers.found import Unavailable


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """One child process. It dies with us: at exit, and where the kernel can promise it, also if we are killed."""

    def __init__(self, command: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None) -> None:
        self._log = log
        # Its own session, so that Ctrl-C at a terminal reaches pytest only, which then stops it in order.
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [*_tied_to_parent(), *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                cwd=log.parent,
                start_new_session=True,
            )
        atexit.register(self.kill)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], object], *, timeout: float) -> None:
        """``ready`` raises Unavailable until it is."""
        end = time.monotonic() + timeout
        while True:
            try:
                ready()
                return
            except Unavailable as exc:
                reason = str(exc)
            if not self.running:
                raise Unavailable(f"it ended at once with code {self._process.returncode}: {self.tail()}")
            if time.monotonic() > end:
                raise Unavailable(f"it was not ready within {timeout:g} s ({reason}): {self.tail()}")
            time.sleep(0.05)

    def tail(self, lines: int = 8) -> str:
        text = self._log.read_text(errors="replace").strip()
        return " / ".join(text.splitlines()[-lines:]) or "it printed nothing"

    def signal(self, number: signal.Signals) -> None:
        if self.running:
            self._process.send_signal(number)

    def stop(self, *, timeout: float = 20.0) -> None:
        """Ask it to end in order; end it the hard way if it does not."""
        self.signal(signal.SIGTERM)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
        atexit.unregister(self.kill)

    def kill(self) -> None:
        """As a crash would: SIGKILL."""
        self.signal(signal.SIGKILL)
        self._process.wait()
        atexit.unregister(self.kill)


def _tied_to_parent() -> list[str]:
    """Linux kills the child when we go, even by SIGKILL; elsewhere atexit must do."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
