"""A server of our own in a container, where a Docker engine answers."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.servers.found import Unavailable

PULL_TIMEOUT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    id: str
    port: int
    """On 127.0.0.1."""

    def wait_until(self, ready: Callable[[], object], *, timeout: float) -> None:
        """``ready`` raises Unavailable until it is."""
        end = time.monotonic() + timeout
        while True:
            try:
                ready()
                return
            except Unavailable as exc:
                if time.monotonic() > end:
                    self.remove()
                    raise Unavailable(f"its container was not ready within {timeout:g} s ({exc})") from exc
            time.sleep(0.2)

    def remove(self) -> None:
        _docker("rm", "--force", "--volumes", self.id)
        atexit.unregister(self.remove)


def run(image: str, *, port: int) -> Container:
    """Start it with ``port`` on a free port of 127.0.0.1; the engine removes it when it stops."""
    if not shutil.which("docker"):
        raise Unavailable("docker is not installed")
    _docker("info", "--format", "{{.ServerVersion}}", timeout=15)
    name = _docker("run", "--detach", "--rm", "--publish", f"127.0.0.1::{port}", image, timeout=PULL_TIMEOUT)[:12]
    address = _docker("port", name, str(port)).splitlines()[0]
    container = Container(id=name, port=int(address.rsplit(":", 1)[1]))
    atexit.register(container.remove)
    return container


def _docker(*arguments: str, timeout: float = 60) -> str:
    try:
        finished = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=timeout, check=True)
    except subprocess.CalledProcessError as exc:
        raise Unavailable(f"docker {arguments[0]}: {exc.stderr.strip().splitlines()[-1:] or exc.returncode}") from exc
    except subprocess.TimeoutExpired as exc:
        raise Unavailable(f"docker {arguments[0]} took longer than {timeout:g} s") from exc
    return finished.stdout.strip()
